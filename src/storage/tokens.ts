/** API tokens by the hash of their secret. */
import type { Kysely, Selectable } from 'kysely';
import type { TokenId } from '../core/model/ids.ts';
import type { ApiToken, TokenStore } from '../core/ports/stores.ts';
import { parseJson } from './json.ts';
import type { ApiTokensTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

/** A token that is used all the time is written once in this while. */
const USED_EVERY_MS = 60_000;

function tokenFromRow(row: Selectable<ApiTokensTable>): ApiToken {
  return {
    id: row.id as TokenId,
    name: row.name,
    scopes: parseJson(row.scopes),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

export function createTokenStore(db: Kysely<Tables>, writer: Writer): TokenStore {
  return {
    insert: (token, hash) =>
      writer.write(async (trx) => {
        await trx
          .insertInto('api_tokens')
          .values({
            id: token.id,
            hash,
            name: token.name,
            scopes: JSON.stringify(token.scopes),
            created_at: token.createdAt,
            expires_at: token.expiresAt,
            last_used_at: token.lastUsedAt,
          })
          .execute();
      }),
    async byHash(hash) {
      const row = await db
        .selectFrom('api_tokens')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst();
      return row && tokenFromRow(row);
    },
    async used(id, at) {
      const row = await db
        .selectFrom('api_tokens')
        .select('last_used_at')
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined || (row.last_used_at ?? 0) > at - USED_EVERY_MS) return;
      await writer.write((trx) =>
        trx.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id).execute(),
      );
    },
    async tokens() {
      const rows = await db
        .selectFrom('api_tokens')
        .selectAll()
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(tokenFromRow);
    },
    remove: (id) =>
      writer.write(async (trx) => {
        const result = await trx.deleteFrom('api_tokens').where('id', '=', id).executeTakeFirst();
        return result.numDeletedRows > 0n;
      }),
  };
}
