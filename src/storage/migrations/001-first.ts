/** The first schema: sessions with their log, leases, and the smaller stores. */
import type { CreateTableBuilder, Kysely } from 'kysely';
import type { DatabaseKind } from '../database.ts';
import type { Tables } from '../schema.ts';

type Db = Kysely<Tables>;

/** A table with `n`, which counts the rows in the order of their insertion. */
function numbered(db: Db, kind: DatabaseKind, table: string): CreateTableBuilder<string> {
  return db.schema
    .createTable(table)
    .addColumn('n', kind === 'sqlite' ? 'integer' : 'bigserial', (c) => c.primaryKey());
}

async function createSessions(db: Db): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('agent_name', 'text', (c) => c.notNull())
    .addColumn('agent_template_id', 'text')
    .addColumn('cwd', 'text')
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('state_reason', 'text')
    .addColumn('acp_session_id', 'text')
    .addColumn('report', 'text')
    .addColumn('usage', 'text')
    .addColumn('queue_paused', 'integer', (c) => c.notNull())
    .addColumn('last_seq', 'bigint', (c) => c.notNull())
    .addColumn('search_name', 'text', (c) => c.notNull())
    .addColumn('search_prompt', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('sessions_by_age')
    .on('sessions')
    .columns(['created_at', 'id'])
    .execute();
  await db.schema.createIndex('sessions_by_state').on('sessions').column('state').execute();

  // No foreign key: whoever inserts has just updated the session's row, and nothing deletes one.
  await db.schema
    .createTable('session_events')
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('json', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('session_events_key', ['session_id', 'seq'])
    .execute();
}

async function createPromptsAndPermissions(db: Db): Promise<void> {
  await db.schema
    .createTable('prompts')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('session_id', 'text', (c) => c.notNull().references('sessions.id'))
    .addColumn('rank', 'bigint', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull())
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('cancel_requested', 'integer', (c) => c.notNull())
    .addColumn('stop_reason', 'text')
    .addColumn('error', 'text')
    .addColumn('queued_at', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('prompts_in_order')
    .on('prompts')
    .columns(['session_id', 'rank'])
    .execute();
  await db.schema
    .createIndex('prompts_by_state')
    .on('prompts')
    .columns(['session_id', 'state', 'rank'])
    .execute();

  await db.schema
    .createTable('permissions')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('session_id', 'text', (c) => c.notNull().references('sessions.id'))
    .addColumn('prompt_id', 'text')
    .addColumn('code', 'text', (c) => c.notNull())
    .addColumn('question', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('option_id', 'text')
    .addColumn('answered_by', 'text')
    .addColumn('requested_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('resolved_at', 'bigint')
    .execute();
}

async function createLeases(db: Db): Promise<void> {
  await db.schema
    .createTable('holders')
    .addColumn('holder', 'text', (c) => c.primaryKey().notNull())
    .addColumn('beat', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('leases')
    .addColumn('key', 'text', (c) => c.primaryKey().notNull())
    .addColumn('holder', 'text')
    .addColumn('epoch', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('leases_by_holder').on('leases').column('holder').execute();
}

async function createChat(db: Db, kind: DatabaseKind): Promise<void> {
  await numbered(db, kind, 'inbox')
    .addColumn('surface', 'text', (c) => c.notNull())
    .addColumn('delivery_id', 'text', (c) => c.notNull())
    .addColumn('message', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('error', 'text')
    .addUniqueConstraint('inbox_delivery', ['surface', 'delivery_id'])
    .execute();

  await db.schema
    .createTable('threads')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('surface', 'text', (c) => c.notNull())
    .addColumn('account', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('threads_address', ['surface', 'account', 'key'])
    .execute();
  await db.schema
    .createIndex('threads_by_age')
    .on('threads')
    .columns(['surface', 'updated_at', 'id'])
    .execute();

  await numbered(db, kind, 'bindings')
    .addColumn('thread_id', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('presented_seq', 'bigint', (c) => c.notNull())
    .addColumn('bound_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('bindings_key', ['thread_id', 'session_id'])
    .execute();
  await db.schema.createIndex('bindings_by_session').on('bindings').column('session_id').execute();

  await numbered(db, kind, 'outbox')
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('thread_id', 'text', (c) => c.notNull())
    .addColumn('surface', 'text', (c) => c.notNull())
    .addColumn('account', 'text', (c) => c.notNull())
    .addColumn('view', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('external_id', 'text')
    .addColumn('sent_hash', 'text')
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('not_before', 'bigint', (c) => c.notNull())
    .addColumn('error', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
}

async function createHostedMessages(db: Db): Promise<void> {
  await db.schema
    .createTable('hosted_messages')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('thread_id', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('author', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('ordinal', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('hosted_messages_key', ['thread_id', 'key'])
    .addUniqueConstraint('hosted_messages_order', ['thread_id', 'ordinal'])
    .execute();
}

async function createControlPlane(db: Db, kind: DatabaseKind): Promise<void> {
  await db.schema
    .createTable('agent_templates')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('managed', 'integer', (c) => c.notNull())
    .addColumn('removed', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('agent_template_versions')
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('managed', 'integer', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('agent_template_versions_key', ['id', 'version'])
    .execute();

  await db.schema
    .createTable('api_tokens')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('last_used_at', 'bigint')
    .execute();

  await db.schema
    .createTable('idempotency_keys')
    .addColumn('scope', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('request_hash', 'text', (c) => c.notNull())
    .addColumn('begun_at', 'bigint', (c) => c.notNull())
    .addColumn('status', 'integer')
    .addColumn('body', 'text')
    .addPrimaryKeyConstraint('idempotency_keys_key', ['scope', 'key'])
    .execute();

  await numbered(db, kind, 'decisions')
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('verb', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text')
    .addColumn('prompt_id', 'text')
    .addColumn('subject_hash', 'text')
    .addColumn('subject', 'text')
    .execute();
}

export async function first(db: Db, kind: DatabaseKind): Promise<void> {
  await createSessions(db);
  await createPromptsAndPermissions(db);
  await createLeases(db);
  await createChat(db, kind);
  await createHostedMessages(db);
  await createControlPlane(db, kind);
}
