/**
 * Every verb by somebody who may not, whatever the surface: refused, nothing changed, said once an
 * hour on the thread, and each time in the decision log. The verbs are those of the grammar table.
 */
import { expect } from 'vitest';
import { GRAMMAR, verbOf } from '../../src/core/commands/grammar.ts';
import { parseMessage } from '../../src/core/commands/parse.ts';
import type { Role } from '../../src/core/model/actor.ts';
import { ROLES, roleOf } from '../../src/core/model/verbs.ts';
import type { FakeAgents } from '../harness/fake-agent.ts';
import type { CoreStores } from '../harness/core-bench.ts';

interface Attempt {
  readonly text: string;
  readonly role: Role;
}

const SUBCOMMANDS = [
  'queue clear',
  'queue cancel 1',
  'queue move 1 1',
  'queue pause',
  'queue resume',
];

/** What each text needs, by the program's own table. */
function attempt(text: string): Attempt {
  const parsed = parseMessage(`/${text}`, { mentions: [], bound: true, agents: [] });
  if (parsed.kind !== 'command') throw new Error(`"${text}" is no command: ${parsed.kind}`);
  return { text, role: roleOf(verbOf(parsed.command)) };
}

/** With `code` in place of an example's. */
export function attempts(code: string, holds: Role | null): readonly string[] {
  const rows = GRAMMAR.filter(({ available }) => available === true);
  const all: Attempt[] = [
    { text: 'please mend the totals', role: 'run' },
    ...[...rows.map(({ example }) => example), ...SUBCOMMANDS].map(attempt),
  ];
  const held = holds === null ? -1 : ROLES.indexOf(holds);
  return all
    .filter(({ role }) => ROLES.indexOf(role) > held)
    .map(({ text }) => text.replace(/\bk7\b/, code));
}

/** A turn that asks and waits for its answer. */
export function askAndWait(agents: FakeAgents): void {
  agents.behave = async (turn) => {
    turn.say('I would like to.');
    const answer = await turn.ask('rm -rf build');
    turn.say(`They said ${answer.outcome}.`);
    return 'end_turn';
  };
}

/** Everything that a refused person must not have changed. */
export async function stateOf({ memory, agents }: CoreStores): Promise<string> {
  const { sessions } = memory;
  const { data } = await sessions.sessions({}, null, 100);
  const all = await Promise.all(
    data.map(async ({ id, state, queuePaused, agentTemplateId, report }) => ({
      id,
      state,
      queuePaused,
      agentTemplateId,
      report,
      prompts: (
        await sessions.prompts(id, [
          'queued',
          'running',
          'done',
          'failed',
          'interrupted',
          'cancelled',
        ])
      ).map((prompt) => [prompt.id, prompt.state, prompt.rank, prompt.cancelRequested]),
      pending: (await sessions.pendingPermissions(id)).map((request) => request.id),
    })),
  );
  return JSON.stringify({ all, asked: agents.prompts, opened: agents.opened }, null, 1);
}

export interface RefusalStage {
  readonly stores: CoreStores;
  /** Code of the request that waits. */
  readonly code: string;
  /** Whoever may not says it, addressed to us. */
  say(text: string): void;
  /** All messages of ours that anybody can see now. */
  messages(): readonly string[];
  pass(ms: number): Promise<void>;
}

export interface Refused {
  /** How it is told; a bot is never answered, because it may answer that. */
  readonly told: number;
  /** The highest role that they have. */
  readonly holds: Role | null;
  /** Their id in the decision log. */
  readonly id: string;
  /** Texts that are left out. */
  readonly without?: RegExp;
}

const HOUR_MS = 3_600_000;

/** Gives a line of the summary. */
export async function expectRefusals(
  name: string,
  stage: RefusalStage,
  { told, holds, id, without }: Refused,
): Promise<void> {
  const { stores } = stage;
  const before = await stateOf(stores);
  const saidBefore = stage.messages().length;
  const logged = () =>
    stores.memory.decisions.filter(
      ({ actor, outcome }) => actor.id === id && outcome === 'refused',
    );
  const texts = attempts(stage.code, holds).filter((text) => without?.test(text) !== true);
  const unlogged: string[] = [];
  for (const text of texts) {
    const count = logged().length;
    stage.say(text);
    await stage.pass(500);
    if (logged().length !== count + 1) unlogged.push(`${text}: ${logged().length - count}`);
    expect({ text, state: await stateOf(stores) }).toEqual({ text, state: before });
  }
  await stage.pass(5_000);
  const said = stage.messages().slice(saidBefore);
  console.log(
    `${name}: ${texts.length} refused, nothing changed, said ${said.length}×, logged ${logged().length}×`,
  );
  expect({ unlogged }).toEqual({ unlogged: [] });
  expect(said).toHaveLength(told);
  if (told === 0) return;
  await stage.pass(HOUR_MS);
  const later = stage.messages().length;
  stage.say('stop');
  await stage.pass(5_000);
  expect(stage.messages()).toHaveLength(later + 1);
}
