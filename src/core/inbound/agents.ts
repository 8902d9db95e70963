/** Sessions that a thread starts: which agent, and the thread bound to it. */
import { AppError } from '../model/errors.ts';
import type { AgentTemplate } from '../model/agent.ts';
import { deriveId } from '../model/ids.ts';
import type { Session } from '../model/session.ts';
import { causeOf, type HandlerContext } from './context.ts';
import { noSuchAgent, noSuchOption } from './texts.ts';

/** By id or name, in any case; AppError `not_found` names those that there are. */
export async function templateNamed(
  { templates }: Pick<HandlerContext, 'templates'>,
  name: string,
): Promise<AgentTemplate> {
  const all = await templates.templates();
  const wanted = name.toLowerCase();
  const found =
    all.find((template) => template.id.toLowerCase() === wanted) ??
    all.find((template) => template.name.toLowerCase() === wanted);
  if (found === undefined) throw new AppError('not_found', noSuchAgent(name, all));
  return found;
}

/** The session that this delivery starts, bound to its thread; the same one when repeated. */
export async function startSession(
  context: HandlerContext,
  agent: string | undefined,
): Promise<Session> {
  const { sessions, threads, caller, thread, clock, config } = context;
  const template = await templateNamed(context, agent ?? config.defaultAgent);
  const { session } = await sessions.create(caller, {
    sessionId: await deriveId('s', causeOf(context)),
    agentTemplateId: template.id,
    metadata: { surface: thread.ref.surface, thread: thread.ref.key },
  });
  await threads.bind(thread.id, session.id, clock.now());
  return session;
}

/** Sets a mode or model. AppError `unprocessable` lists what the agent offers. */
export async function setOption(
  { sessions, caller }: HandlerContext,
  session: Session,
  option: 'mode' | 'model',
  value: string,
): Promise<void> {
  const { offered } = offeredBy(session, option);
  if (offered.length > 0 && !offered.includes(value)) {
    throw new AppError('unprocessable', noSuchOption(option, value, offered));
  }
  await sessions.setConfig(caller, session.id, option, value);
}

/** What the agent reported; nothing while it has not said. */
export function offeredBy(
  { report }: Session,
  option: 'mode' | 'model',
): { readonly current: string | undefined; readonly offered: readonly string[] } {
  const config = report?.configOptions.find(
    (candidate) => candidate.id === option || candidate.category === option,
  );
  if (config !== undefined) {
    const { currentValue, options } = config;
    const current = typeof currentValue === 'string' ? currentValue : undefined;
    return { current, offered: options.map(({ value }) => value) };
  }
  if (option === 'model') return { current: undefined, offered: [] };
  return { current: report?.currentModeId, offered: report?.modes.map(({ id }) => id) ?? [] };
}
