/**
 * Kysely driver over `node:sqlite`: one connection, statements prepared once. What happens at the
 * edges of a transaction is the caller's (`TransactionHooks`); sqlite.ts says why.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

export interface TransactionHooks {
  /** Awaited before every statement outside a transaction. */
  beforeRead(): Promise<void> | undefined;
  /** Awaited before a transaction begins; throws when none may. */
  beforeWrite(): void;
  /** Awaited after the COMMIT statement, before the transaction counts as committed. */
  afterCommit(): Promise<void>;
}

/** Most statements that stay prepared; each costs some kilobytes. */
const STATEMENTS = 150;

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

function createStatementCache(db: DatabaseSync): (sql: string) => Prepared {
  const cache = new Map<string, Prepared>();
  return (sql) => {
    const known = cache.get(sql);
    if (known !== undefined) return known;
    const statement = db.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    // The oldest goes: hot statements come back at once, and are few.
    const oldest = cache.size >= STATEMENTS ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    cache.set(sql, prepared);
    return prepared;
  };
}

function isInput(value: unknown): value is SQLInputValue {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Uint8Array
  );
}

function toInput(value: unknown): SQLInputValue {
  if (!isInput(value)) throw new TypeError(`SQLite takes no ${typeof value} as a value`);
  return value;
}

function createConnection(db: DatabaseSync, hooks: TransactionHooks): DatabaseConnection {
  const prepare = createStatementCache(db);
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      if (!db.isTransaction) {
        for (let wait = hooks.beforeRead(); wait !== undefined; wait = hooks.beforeRead()) {
          await wait;
        }
      }
      const { statement, returnsRows } = prepare(query.sql);
      const parameters = query.parameters.map(toInput);
      // Kysely's contract: `R` is what the query's builder says of its rows.
      if (returnsRows) return { rows: statement.all(...parameters) as R[] };
      return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
    },
    streamQuery(): never {
      throw new Error('Streaming queries are not used here.');
    },
  };
}

function createDriver(db: DatabaseSync, hooks: TransactionHooks): Driver {
  const connection = createConnection(db, hooks);
  const nothing = async (): Promise<void> => {};
  return {
    init: nothing,
    acquireConnection: async () => connection,
    async beginTransaction() {
      hooks.beforeWrite();
      db.exec('begin immediate');
    },
    async commitTransaction() {
      db.exec('commit');
      await hooks.afterCommit();
    },
    async rollbackTransaction() {
      // SQLite has rolled back by itself after some errors (disk full).
      if (db.isTransaction) db.exec('rollback');
    },
    releaseConnection: nothing,
    async destroy() {
      db.close();
    },
  };
}

export function createSqliteDialect(db: DatabaseSync, hooks: TransactionHooks): Dialect {
  return {
    createDriver: () => createDriver(db, hooks),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  };
}
