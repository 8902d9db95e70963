/** `queue …`: what waits, and in which order. Places count from 1. */
import type { QueueCommand } from '../../commands/command.ts';
import type { SessionId } from '../../model/ids.ts';
import type { Prompt } from '../../model/session.ts';
import {
  info,
  on,
  problem,
  sessionOf,
  type HandlerContext,
  type HandlerResult,
  type Reply,
} from '../context.ts';
import { cleared, noPosition, queueList } from '../texts.ts';

export const queue = on('queue', async (context, command) => {
  const { id } = await sessionOf(context);
  const { sessions, caller } = context;
  switch (command.action) {
    case 'show':
      return list(context, id);
    case 'clear':
      return info(cleared(await sessions.clearQueue(caller, id)));
    case 'pause':
      await sessions.pauseQueue(caller, id);
      return list(context, id);
    case 'resume':
      await sessions.resumeQueue(caller, id);
      return list(context, id);
    case 'cancel':
      return take(context, id, command.position);
    case 'move':
      return move(context, id, command);
  }
});

async function list({ sessions, caller }: HandlerContext, id: SessionId): Promise<Reply> {
  const { waiting, paused } = await sessions.queue(caller, id);
  return info(queueList(waiting, paused));
}

async function take(context: HandlerContext, id: SessionId, position: number): HandlerResult {
  const { waiting } = await context.sessions.queue(context.caller, id);
  const prompt = at(waiting, position);
  if (prompt === undefined) return problem(noPosition(position, waiting.length));
  await context.sessions.cancelPrompt(context.caller, id, prompt.id);
  return list(context, id);
}

async function move(
  context: HandlerContext,
  id: SessionId,
  { from, to }: Extract<QueueCommand, { action: 'move' }>,
): HandlerResult {
  const { waiting } = await context.sessions.queue(context.caller, id);
  const prompt = at(waiting, from);
  if (prompt === undefined) return problem(noPosition(from, waiting.length));
  if (at(waiting, to) === undefined) return problem(noPosition(to, waiting.length));
  const order = waiting.filter((other) => other !== prompt).map((other) => other.id);
  order.splice(to - 1, 0, prompt.id);
  await context.sessions.reorderQueue(context.caller, id, order);
  return list(context, id);
}

const at = (waiting: readonly Prompt[], position: number): Prompt | undefined =>
  waiting[position - 1];
