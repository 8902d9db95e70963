/** What a WebSocket message does to a session: the same service as every other surface. */
import type { Caller } from '../../core/model/actor.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { SessionService } from '../../core/sessions/service.ts';
import type { SessionAction } from './channel-messages.ts';

export async function act(
  sessions: SessionService,
  caller: Caller,
  id: SessionId,
  message: SessionAction,
): Promise<void> {
  switch (message.action) {
    case 'prompt':
      await sessions.prompt(caller, id, { content: [{ type: 'text', text: message.text }] });
      return;
    case 'permission.respond':
      await sessions.answerPermission(caller, id, message.requestId, message.body);
      return;
    case 'cancel':
      if (message.queueId === undefined) await sessions.cancelTurn(caller, id);
      else await sessions.cancelPrompt(caller, id, message.queueId);
      return;
    case 'terminate':
      await sessions.close(caller, id);
      return;
    case 'queue.reorder':
      await sessions.reorderQueue(caller, id, message.order);
      return;
    case 'queue.clear':
      await sessions.clearQueue(caller, id);
      return;
    case 'queue.pause':
      await sessions.pauseQueue(caller, id);
      return;
    case 'queue.resume':
      await sessions.resumeQueue(caller, id);
  }
}
