/** Leases and heartbeats: one row per process, one per thing that is owned. */
import { type Kysely, sql } from 'kysely';
import type { HolderId } from '../core/model/ids.ts';
import type { LeaseStore } from '../core/ports/session-store.ts';
import type { Tables } from './schema.ts';
import type { Writer } from './writer.ts';

async function acquire(
  db: Kysely<Tables>,
  key: string,
  holder: HolderId,
  dead: readonly HolderId[],
): Promise<number | undefined> {
  const row = await db
    .insertInto('leases')
    .values({ key, holder, epoch: 1 })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet({
          holder,
          epoch: sql<number>`case when leases.holder = ${holder} then leases.epoch else leases.epoch + 1 end`,
        })
        .where((e) =>
          e.or([e('leases.holder', 'is', null), e('leases.holder', 'in', [holder, ...dead])]),
        ),
    )
    .returning('epoch')
    .executeTakeFirst();
  return row?.epoch;
}

/** Workers ask at every look: what is ours, or somebody else's who lives, must cost no write. */
function read(db: Kysely<Tables>, key: string) {
  return db
    .selectFrom('leases')
    .select(['holder', 'epoch'])
    .where('key', '=', key)
    .executeTakeFirst();
}

export function createLeaseStore(db: Kysely<Tables>, writer: Writer): LeaseStore {
  return {
    beat: (holder) =>
      writer.write(async (trx) => {
        await trx
          .insertInto('holders')
          .values({ holder, beat: 1 })
          .onConflict((conflict) =>
            conflict.column('holder').doUpdateSet({ beat: sql<number>`holders.beat + 1` }),
          )
          .execute();
      }),
    async holders() {
      const rows = await db.selectFrom('holders').selectAll().orderBy('holder').execute();
      return rows.map((row) => ({ holder: row.holder as HolderId, beat: row.beat }));
    },
    removeHolder: (holder) =>
      writer.write(async (trx) => {
        await trx.deleteFrom('holders').where('holder', '=', holder).execute();
        await trx
          .updateTable('leases')
          .set({ holder: null })
          .where('holder', '=', holder)
          .execute();
      }),
    acquire: async (key, holder, dead) => {
      const now = await read(db, key);
      if (now?.holder === holder) return now.epoch;
      const other = now?.holder ?? undefined;
      if (other !== undefined && !dead.some((gone) => gone === other)) return undefined;
      return writer.write((trx) => acquire(trx, key, holder, dead));
    },
    release: (key, holder, epoch) =>
      writer.write(async (trx) => {
        await trx
          .updateTable('leases')
          .set({ holder: null })
          .where('key', '=', key)
          .where('holder', '=', holder)
          .where('epoch', '=', epoch)
          .execute();
      }),
  };
}
