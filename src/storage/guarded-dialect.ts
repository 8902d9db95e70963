/**
 * Wraps a Kysely dialect, so that one place encodes text on its way in and out, and turns what the
 * database throws into errors that a person can act on. Nothing of ours talks to a database past it.
 */
import type {
  CompiledQuery,
  DatabaseConnection,
  Dialect,
  Driver,
  QueryResult,
  TransactionSettings,
} from 'kysely';
import { translateDatabaseError } from './errors.ts';
import { decodeText, encodeText } from './text-codec.ts';

interface GuardedConnection extends DatabaseConnection {
  readonly inner: DatabaseConnection;
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

function encodeParameters(query: CompiledQuery): CompiledQuery {
  let changed = false;
  const parameters = query.parameters.map((value) => {
    if (typeof value !== 'string') return value;
    const encoded = encodeText(value);
    if (encoded !== value) changed = true;
    return encoded;
  });
  return changed ? { ...query, parameters } : query;
}

function decodeRow(row: unknown): void {
  if (typeof row !== 'object' || row === null) return;
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== 'string') continue;
    const decoded = decodeText(value);
    if (decoded !== value) Reflect.set(row, name, decoded);
  }
}

function guardConnection(inner: DatabaseConnection): GuardedConnection {
  return {
    inner,
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const result = await guarded(() => inner.executeQuery<R>(encodeParameters(query)));
      for (const row of result.rows) decodeRow(row);
      return result;
    },
    streamQuery(): never {
      throw new Error('Streaming queries are not used here.');
    },
  };
}

function isGuarded(connection: DatabaseConnection): connection is GuardedConnection {
  return 'inner' in connection;
}

function innerOf(connection: DatabaseConnection): DatabaseConnection {
  return isGuarded(connection) ? connection.inner : connection;
}

function guardDriver(driver: Driver): Driver {
  const connections = new WeakMap<DatabaseConnection, GuardedConnection>();
  return {
    init: () => guarded(() => driver.init()),
    async acquireConnection() {
      const inner = await guarded(() => driver.acquireConnection());
      const known = connections.get(inner);
      if (known !== undefined) return known;
      const connection = guardConnection(inner);
      connections.set(inner, connection);
      return connection;
    },
    beginTransaction: (connection: DatabaseConnection, settings: TransactionSettings) =>
      guarded(() => driver.beginTransaction(innerOf(connection), settings)),
    commitTransaction: (connection) => guarded(() => driver.commitTransaction(innerOf(connection))),
    rollbackTransaction: (connection) =>
      guarded(() => driver.rollbackTransaction(innerOf(connection))),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    destroy: () => driver.destroy(),
  };
}

export function guardDialect(dialect: Dialect): Dialect {
  return {
    createDriver: () => guardDriver(dialect.createDriver()),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}
