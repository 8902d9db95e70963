/** Agent templates. A version, once written, never changes and never goes: sessions pin theirs. */
import type { Kysely, Selectable } from 'kysely';
import type { AgentTemplate } from '../core/model/agent.ts';
import type { TemplateStore } from '../core/ports/stores.ts';
import { canonicalJson, parseJson } from './json.ts';
import type { AgentTemplatesTable, AgentTemplateVersionsTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

type Wanted = Omit<AgentTemplate, 'version' | 'managed'>;
type Head = Selectable<AgentTemplatesTable>;

function templateFromRow(row: Selectable<AgentTemplateVersionsTable>): AgentTemplate {
  return {
    ...parseJson<Omit<Wanted, 'id'>>(row.body),
    id: row.id,
    version: row.version,
    managed: row.managed === 1,
  };
}

function bodyOf(template: Wanted): string {
  const { name, spawn, runtime, env, passEnv } = template;
  return canonicalJson({ name, spawn, runtime, env, passEnv });
}

async function readVersion(
  db: Kysely<Tables>,
  id: string,
  version: number,
): Promise<AgentTemplate | undefined> {
  const row = await db
    .selectFrom('agent_template_versions')
    .selectAll()
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  return row && templateFromRow(row);
}

function readHead(db: Kysely<Tables>, id: string): Promise<Head | undefined> {
  return db.selectFrom('agent_templates').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Adds the next version of the id, removed before or not. */
async function addVersion(
  trx: Kysely<Tables>,
  head: Head | undefined,
  template: Wanted,
  managed: 0 | 1,
): Promise<AgentTemplate> {
  const version = (head?.version ?? 0) + 1;
  const row = { id: template.id, version, managed, body: bodyOf(template) };
  await trx
    .insertInto('agent_templates')
    .values({ id: template.id, version, managed, removed: 0 })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ version, managed, removed: 0 }))
    .execute();
  // The key of this row makes two writers of one version meet: the later one is tried again.
  await trx.insertInto('agent_template_versions').values(row).execute();
  return templateFromRow(row);
}

async function syncOne(trx: Kysely<Tables>, template: Wanted): Promise<void> {
  const head = await readHead(trx, template.id);
  const present = head !== undefined && head.removed === 0;
  if (present && head.managed === 0) return;
  if (present) {
    const current = await readVersion(trx, template.id, head.version);
    if (current !== undefined && bodyOf(current) === bodyOf(template)) return;
  }
  await addVersion(trx, head, template, 1);
}

async function syncManaged(trx: Kysely<Tables>, templates: readonly Wanted[]): Promise<void> {
  for (const template of templates) await syncOne(trx, template);
  const names = templates.map((template) => template.id);
  await trx
    .updateTable('agent_templates')
    .set({ removed: 1 })
    .where('managed', '=', 1)
    .$if(names.length > 0, (q) => q.where('id', 'not in', names))
    .execute();
}

async function save(
  trx: Kysely<Tables>,
  template: Wanted,
  expectNew: boolean,
): Promise<AgentTemplate | 'duplicate' | 'managed'> {
  const head = await readHead(trx, template.id);
  if (head !== undefined && head.removed === 0) {
    if (expectNew) return 'duplicate';
    if (head.managed === 1) return 'managed';
  }
  return addVersion(trx, head, template, 0);
}

async function remove(
  trx: Kysely<Tables>,
  id: string,
): Promise<'removed' | 'not_found' | 'managed'> {
  const head = await readHead(trx, id);
  if (head === undefined || head.removed === 1) return 'not_found';
  if (head.managed === 1) return 'managed';
  await trx.updateTable('agent_templates').set({ removed: 1 }).where('id', '=', id).execute();
  return 'removed';
}

export function createTemplateStore(db: Kysely<Tables>, writer: Writer): TemplateStore {
  return {
    syncManaged: (templates) => writer.write((trx) => syncManaged(trx, templates)),
    async templates() {
      const rows = await db
        .selectFrom('agent_templates as head')
        .innerJoin('agent_template_versions as body', (join) =>
          join.onRef('body.id', '=', 'head.id').onRef('body.version', '=', 'head.version'),
        )
        .selectAll('body')
        .where('head.removed', '=', 0)
        .orderBy('body.id')
        .execute();
      return rows.map(templateFromRow);
    },
    async template(id, version) {
      if (version !== undefined) return readVersion(db, id, version);
      const head = await readHead(db, id);
      if (head === undefined || head.removed === 1) return undefined;
      return readVersion(db, id, head.version);
    },
    save: (template, expectNew) => writer.write((trx) => save(trx, template, expectNew)),
    remove: (id) => writer.write((trx) => remove(trx, id)),
  };
}
