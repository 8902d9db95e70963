/** Free text: a prompt for the thread's session, or for a new one. */
import type { PromptOptions } from '../../commands/command.ts';
import type { Session } from '../../model/session.ts';
import { setOption, startSession, templateNamed } from '../agents.ts';
import {
  awake,
  findSession,
  info,
  problem,
  promptWith,
  type HandlerContext,
  type HandlerResult,
} from '../context.ts';
import { notYet, STILL_MUTED } from '../texts.ts';

/** `fresh`: a new session in any case. */
export async function handlePrompt(
  context: HandlerContext,
  text: string,
  options: PromptOptions,
  fresh = false,
): HandlerResult {
  if (options.repo !== undefined) return problem(notYet('repo'));
  if (options.branch !== undefined) return problem(notYet('branch'));
  const current = fresh ? undefined : await sessionFor(context, options.agent);
  const session =
    current === undefined
      ? await startSession(context, options.agent)
      : await awake(context, current);
  if (options.model !== undefined) await setOption(context, session, 'model', options.model);
  if (options.mode !== undefined) await setOption(context, session, 'mode', options.mode);
  await promptWith(context, session.id, text);
  const { muted } = await context.transcript(session.id);
  return muted?.includes(context.thread.id) === true ? info(STILL_MUTED) : undefined;
}

/** The thread's session, unless another agent is asked for. */
async function sessionFor(
  context: HandlerContext,
  agent: string | undefined,
): Promise<Session | undefined> {
  const session = await findSession(context);
  if (session === undefined || agent === undefined) return session;
  const template = await templateNamed(context, agent);
  return session.agentTemplateId === template.id ? session : undefined;
}
