/**
 * Opens the storage: the data directory's lock, the database that the URL names, its migrations,
 * the stores and the wake bus. Everything is closed in the opposite order.
 */
import { join, resolve } from 'node:path';
import type { Clock } from '../core/ports/clock.ts';
import type { DeliveryStore } from '../core/ports/deliveries.ts';
import type { InstallationStore } from '../core/ports/installations.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { LeaseStore, SessionStore } from '../core/ports/session-store.ts';
import type {
  DecisionLog,
  HostedMessageStore,
  IdempotencyStore,
  Inbox,
  LogoutStore,
  OutboxStore,
  TemplateStore,
  ThreadStore,
  TokenStore,
} from '../core/ports/stores.ts';
import type { WakeBus } from '../core/ports/wake-bus.ts';
import { type Database, type DatabaseKind, ping } from './database.ts';
import { createDecisionLog } from './decisions.ts';
import { createDeliveryStore } from './deliveries.ts';
import { openPglite } from './dialects/pglite.ts';
import { openPostgres } from './dialects/postgres.ts';
import { openSqlite } from './dialects/sqlite.ts';
import { lockDirectory } from './directory-lock.ts';
import { createHostedMessageStore } from './hosted-messages.ts';
import { createIdempotencyStore } from './idempotency.ts';
import { createInbox } from './inbox.ts';
import { createInstallationStore } from './installations.ts';
import { createLeaseStore } from './leases.ts';
import { createLogoutStore } from './logouts.ts';
import { migrate } from './migrations/migrate.ts';
import { createOutboxStore } from './outbox.ts';
import { databasePlace } from './place.ts';
import { createPostgresWakeBus } from './postgres-wake-bus.ts';
import { createSessionStore } from './session-store.ts';
import { createTemplateStore } from './templates.ts';
import { createThreadStore } from './threads.ts';
import { createTokenStore } from './tokens.ts';
import { createLocalWakeBus } from './wake-bus.ts';
import { createWriter } from './writer.ts';

export interface StorageOptions {
  /**
   * undefined: SQLite in `<dataDir>/threadcast.db`; `postgres://…`; `pglite://<directory>`, within
   * the data directory unless it is absolute.
   */
  readonly url?: string | undefined;
  /** Made with mode 0700; used by one server at a time. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Storage {
  readonly kind: DatabaseKind;
  readonly sessions: SessionStore;
  readonly leases: LeaseStore;
  readonly inbox: Inbox;
  readonly deliveries: DeliveryStore;
  readonly installations: InstallationStore;
  readonly threads: ThreadStore;
  readonly outbox: OutboxStore;
  readonly templates: TemplateStore;
  readonly tokens: TokenStore;
  readonly idempotency: IdempotencyStore;
  readonly decisions: DecisionLog;
  readonly hosted: HostedMessageStore;
  readonly logouts: LogoutStore;
  readonly wakeBus: WakeBus;
  /** Rejects with AppError `unavailable` when the database does not answer. */
  ping(): Promise<void>;
  /** Ends accepted writes first. Safe to call again. */
  close(): Promise<void>;
}

/** Runs in the order of the list, all of them; throws the first error at the end. */
async function closeAll(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function openDatabase(
  { url, logger }: StorageOptions,
  dataDir: string,
  locks: (() => void)[],
): Promise<Database> {
  const place = databasePlace(url, dataDir);
  switch (place.kind) {
    case 'sqlite':
      return openSqlite(place.file);
    case 'pglite':
      locks.unshift(lockDirectory(place.directory));
      return openPglite(join(place.directory, 'pgdata'));
    case 'postgres':
      return openPostgres(place.url, logger);
  }
}

async function assemble(
  options: StorageOptions,
  database: Database,
  unlock: () => void,
): Promise<Storage> {
  const { reader, kind } = database;
  await migrate(database);
  const writer = createWriter(database);
  const remote =
    kind === 'postgres' && options.url !== undefined
      ? await createPostgresWakeBus({
          url: options.url,
          db: reader,
          clock: options.clock,
          logger: options.logger,
        })
      : undefined;
  let closing: Promise<void> | undefined;
  return {
    kind,
    sessions: createSessionStore(reader, writer),
    leases: createLeaseStore(reader, writer),
    inbox: createInbox(reader, writer),
    deliveries: createDeliveryStore(reader, writer),
    installations: createInstallationStore(reader, writer),
    threads: createThreadStore(reader, writer),
    outbox: createOutboxStore(reader, writer, kind),
    templates: createTemplateStore(reader, writer),
    tokens: createTokenStore(reader, writer),
    idempotency: createIdempotencyStore(writer),
    decisions: createDecisionLog(reader, writer),
    hosted: createHostedMessageStore(reader, writer),
    logouts: createLogoutStore(reader, writer),
    wakeBus: remote ?? createLocalWakeBus(options.logger),
    ping: () => ping(database),
    close() {
      closing ??= closeAll([
        () => writer.close(),
        async () => remote?.close(),
        () => database.close(),
        unlock,
      ]);
      return closing;
    },
  };
}

/**
 * Throws AppError: `conflict` when another server uses the data directory or the database is newer
 * than this code, `unavailable` when the database cannot be reached or opened, `invalid` for a URL
 * that names none.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const dataDir = resolve(options.dataDir);
  const locks = [lockDirectory(dataDir)];
  const unlock = (): void => {
    for (const release of locks) release();
  };
  let database: Database | undefined;
  try {
    database = await openDatabase(options, dataDir, locks);
    return await assemble(options, database, unlock);
  } catch (error) {
    await database?.close().catch((cause: unknown) => {
      options.logger.warn({ err: cause }, 'the database could not be closed');
    });
    unlock();
    throw error;
  }
}
