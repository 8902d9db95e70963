/**
 * A turn that may look and change nothing, for text whose author may not start work here. The agent
 * is put into its read-only mode, if it has one; and whatever it asks permission for that is not
 * known to be harmless is refused without anybody being asked.
 */
import type { AgentReport } from '../model/agent.ts';
import type { AgentConnection } from '../ports/agent.ts';

/** ACP tool kinds that people are asked about all the same; every other one is refused. */
const LOOKING: ReadonlySet<string> = new Set(['read', 'search', 'think', 'fetch']);

/** Said of each refusal, as the rule that decided it. */
export const READ_ONLY_RULE = 'this turn is read-only';

/** A kind that is not told may be anything. */
export function mayAskReadOnly(kind: string | null): boolean {
  return kind !== null && LOOKING.has(kind);
}

/** What Claude Code, Codex, OpenCode and others call it. */
const MODE = /^(?:plan(?:ning)?(?:[ _-]?mode)?|read[ _-]?only|ask)$/i;

/** The mode in which the agent changes nothing by itself, and the one that it is in now. */
export function readOnlyMode(
  report: AgentReport | null,
): { readonly value: string; readonly before: string | undefined } | undefined {
  const option = report?.configOptions.find(({ id, category }) => [id, category].includes('mode'));
  const offered = option
    ? option.options.map(({ value, name }) => ({ id: value, name }))
    : (report?.modes ?? []);
  const found = offered.find(({ id, name }) => MODE.test(id) || MODE.test(name));
  if (found === undefined) return undefined;
  const now = option?.currentValue ?? report?.currentModeId;
  return { value: found.id, before: typeof now === 'string' ? now : undefined };
}

/** Rejects when the agent does not take its read-only mode. Gives what takes it back. */
export async function enterReadOnly(
  connection: AgentConnection,
  report: AgentReport | null,
): Promise<() => Promise<void>> {
  const mode = readOnlyMode(report);
  if (mode === undefined || mode.value === mode.before) return async () => {};
  const { value, before } = mode;
  await connection.setConfig('mode', value);
  return async () => {
    if (before !== undefined) await connection.setConfig('mode', before);
  };
}
