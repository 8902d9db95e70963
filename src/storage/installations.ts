/** Installations of surfaces; their secrets come sealed and stay so. */
import type { Kysely, Selectable } from 'kysely';
import type { Installation, InstallationStore } from '../core/ports/installations.ts';
import type { InstallationsTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

function installationFromRow(row: Selectable<InstallationsTable>): Installation {
  const { surface, account, sealed, updated_at: updatedAt } = row;
  return { surface, account, sealed, updatedAt };
}

export function createInstallationStore(db: Kysely<Tables>, writer: Writer): InstallationStore {
  return {
    save: ({ surface, account, sealed, updatedAt }) =>
      writer.write(async (trx) => {
        await trx
          .insertInto('installations')
          .values({ surface, account, sealed, updated_at: updatedAt })
          .onConflict((conflict) =>
            conflict.columns(['surface', 'account']).doUpdateSet({ sealed, updated_at: updatedAt }),
          )
          .execute();
      }),
    async installation(surface, account) {
      const row = await db
        .selectFrom('installations')
        .selectAll()
        .where('surface', '=', surface)
        .where('account', '=', account)
        .executeTakeFirst();
      return row && installationFromRow(row);
    },
    async installations(surface) {
      const rows = await db
        .selectFrom('installations')
        .selectAll()
        .where('surface', '=', surface)
        .orderBy('account')
        .execute();
      return rows.map(installationFromRow);
    },
    remove: (surface, account) =>
      writer.write(async (trx) => {
        await trx
          .deleteFrom('installations')
          .where('surface', '=', surface)
          .where('account', '=', account)
          .execute();
      }),
  };
}
