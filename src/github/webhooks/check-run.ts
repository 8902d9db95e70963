/** A button of our check run: an answer to the permission request that it mirrors. */
import { AppError } from '../../core/model/errors.ts';
import { parseId } from '../../core/model/ids.ts';
import { answerAsShown } from '../../core/sessions/answer-by-token.ts';
import { plainName } from '../../core/transcript/plain.ts';
import { threadRef } from '../address.ts';
import type { Edge } from '../deps.ts';
import { refuse, tell } from '../notice.ts';
import { callerOf, isHeard } from '../person.ts';
import { CHECK_NAME, readExternalId } from '../renderers/check-run.ts';
import { choicesOf } from '../renderers/permission.ts';
import type { CheckRunPayload } from './payloads.ts';

export async function actionRequested(edge: Edge, payload: CheckRunPayload): Promise<void> {
  const { check_run: run, requested_action: action, sender } = payload;
  const isOurs = run.app?.id === edge.identity.appId && run.name === CHECK_NAME;
  const { session, request, hash } = readExternalId(run.external_id);
  const sessionId = parseId('s', session);
  const requestId = parseId('r', request);
  if (!isOurs || !isHeard(edge, sender) || sessionId === undefined || requestId === undefined)
    return;
  const place = { installationId: payload.installation.id, repositoryId: payload.repository.id };
  const caller = await callerOf(edge, place, sender);
  try {
    await answerAsShown(edge.sessions, caller, {
      sessionId,
      requestId,
      inputHash: hash,
      optionId: (offered) => {
        const { allow, deny } = choicesOf(offered);
        return (action?.identifier === 'allow' ? allow : deny)?.optionId ?? '';
      },
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
    const number = run.pull_requests?.[0]?.number;
    if (number === undefined) return;
    const thread = threadRef({ ...place, kind: 'pull', number, reviewThread: null });
    const title = `#${number}`;
    if (error.code === 'forbidden') {
      await refuse(edge, { thread, title, by: sender, reason: error.message });
      return;
    }
    await tell(edge, {
      thread,
      title,
      key: `button:${requestId}:${sender.id}:${error.code}`,
      tone: 'error',
      markdown: `**${plainName(sender.login)}**: ${error.message}`,
    });
  }
}
