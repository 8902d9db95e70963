/**
 * Looks at the database without changing anything: nothing is made, migrated or locked. For
 * `threadcast doctor`, which may run beside a server.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import type { Logger } from '../core/ports/logger.ts';
import type { DatabaseKind } from './database.ts';
import { openPostgres } from './dialects/postgres.ts';
import { isDirectoryLocked } from './directory-lock.ts';
import { translateDatabaseError } from './errors.ts';
import { SCHEMA_VERSION } from './migrations/migrate.ts';
import { databasePlace } from './place.ts';

export type Inspection =
  /** `absent`: the next start makes it. `in use`: a server has it open. `unread`: only a start can tell. */
  | { readonly kind: DatabaseKind; readonly state: 'absent' | 'in use' | 'unread' }
  /** `version` 0: no tables yet. Below `known`, the next start migrates it; above, it refuses. */
  | {
      readonly kind: DatabaseKind;
      readonly state: 'there';
      readonly version: number;
      readonly known: number;
    };

/**
 * `url` and `dataDir` as in `openStorage`. Throws AppError `invalid` for a URL that names no kind of
 * database and `unavailable` when it cannot be used; other errors as the database gives them.
 */
export async function inspectStorage(options: {
  readonly url?: string | undefined;
  readonly dataDir: string;
  readonly logger: Logger;
}): Promise<Inspection> {
  const dataDir = resolve(options.dataDir);
  const place = databasePlace(options.url, dataDir);
  switch (place.kind) {
    case 'sqlite':
      return inspectSqlite(place.file, dataDir);
    case 'pglite': {
      const { kind } = place;
      if (isDirectoryLocked(place.directory)) return { kind, state: 'in use' };
      // PGlite cannot look without writing: it recovers and checkpoints when it opens.
      return { kind, state: existsSync(join(place.directory, 'pgdata')) ? 'unread' : 'absent' };
    }
    case 'postgres':
      return inspectPostgres(place.url, options.logger);
  }
}

function inspectSqlite(file: string, dataDir: string): Inspection {
  const kind = 'sqlite';
  if (isDirectoryLocked(dataDir)) return { kind, state: 'in use' };
  if (!existsSync(file)) return { kind, state: 'absent' };
  try {
    return { kind, state: 'there', version: sqliteVersion(file), known: SCHEMA_VERSION };
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

function sqliteVersion(file: string): number {
  return inSqlite(file, 'schema_version', 0, (db) =>
    Number(db.prepare('select version from schema_version').get()?.['version'] ?? 0),
  );
}

/** What `look` finds in a database that has this table. */
function inSqlite<T>(file: string, table: string, none: T, look: (db: DatabaseSync) => T): T {
  const at = pathToFileURL(file);
  // After a good end there is no WAL, and without this SQLite would make one to read the file.
  if (!existsSync(`${file}-wal`)) at.searchParams.set('immutable', '1');
  const db = new DatabaseSync(at, { readOnly: true });
  try {
    const there = "select 1 from sqlite_schema where type = 'table' and name = ?";
    return db.prepare(there).get(table) === undefined ? none : look(db);
  } finally {
    db.close();
  }
}

/**
 * Accounts of a surface that installed us, also beside a running server; undefined when only that
 * server could tell. Options and errors as in `inspectStorage`.
 */
export async function inspectInstallations(
  surface: string,
  options: Parameters<typeof inspectStorage>[0],
): Promise<readonly string[] | undefined> {
  const place = databasePlace(options.url, resolve(options.dataDir));
  switch (place.kind) {
    case 'sqlite': {
      if (!existsSync(place.file)) return [];
      const query = 'select account from installations where surface = ? order by account';
      return inSqlite(place.file, 'installations', [], (db) =>
        db
          .prepare(query)
          .all(surface)
          .map(({ account }) => String(account)),
      );
    }
    case 'pglite':
      return undefined;
    case 'postgres': {
      const database = await openPostgres(place.url, options.logger);
      try {
        const rows = await database.reader
          .selectFrom('installations')
          .select('account')
          .where('surface', '=', surface)
          .orderBy('account')
          .execute();
        return rows.map(({ account }) => account);
      } finally {
        await database.close();
      }
    }
  }
}

async function inspectPostgres(url: string, logger: Logger): Promise<Inspection> {
  const database = await openPostgres(url, logger);
  try {
    const version = await database.reader
      .transaction()
      .setAccessMode('read only')
      .execute(async (trx) => {
        const found = await sql<{ there: boolean }>`
          select to_regclass('schema_version') is not null as there`.execute(trx);
        if (found.rows[0]?.there !== true) return 0;
        const row = await trx.selectFrom('schema_version').select('version').executeTakeFirst();
        return row?.version ?? 0;
      });
    return { kind: database.kind, state: 'there', version, known: SCHEMA_VERSION };
  } finally {
    await database.close();
  }
}
