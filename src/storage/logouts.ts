/** Logins of the page that were ended; a row is needed for as long as its cookie would be valid. */
import type { Kysely } from 'kysely';
import type { LogoutStore } from '../core/ports/stores.ts';
import type { Tables } from './schema.ts';
import type { Writer } from './writer.ts';

export function createLogoutStore(db: Kysely<Tables>, writer: Writer): LogoutStore {
  return {
    add: (login, at, forgetBefore) =>
      writer.write(async (trx) => {
        await trx.deleteFrom('logouts').where('at', '<', forgetBefore).execute();
        await trx
          .insertInto('logouts')
          .values({ login, at })
          .onConflict((conflict) => conflict.column('login').doNothing())
          .execute();
      }),
    async has(login) {
      const row = await db
        .selectFrom('logouts')
        .select('login')
        .where('login', '=', login)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
