/**
 * A pending permission request of any session of the thread by its code, and the offered option that
 * says yes or no. A code that was another request's before answers none: which one was meant?
 */
import { optionFor } from '../model/permission.ts';
import type { PermissionRequest } from '../model/permission.ts';
import { info, problem, sessionOf, type HandlerContext, type Reply } from './context.ts';
import { codeOfTwo, noSuchChoice, noSuchRequest, tooLate } from './texts.ts';

/** The request that was answered, or why it was not. Throws what the service throws. */
export async function answer(
  context: HandlerContext,
  code: string,
  wish: 'allow' | 'deny',
): Promise<{ readonly request: PermissionRequest } | { readonly reply: Reply }> {
  const { sessions, caller, bound } = context;
  await sessionOf(context);
  const rows = await Promise.all(bound.map((id) => sessions.permissions(caller, id)));
  const pending = rows.flat().filter(({ state }) => state === 'pending');
  const request = pending.find((candidate) => candidate.code === code);
  // Oldest session first.
  const transcripts = await Promise.all(bound.toReversed().map((id) => context.transcript(id)));
  const seen = transcripts.flatMap(({ permissions }) =>
    [...permissions.values()].filter((one) => one.code === code),
  );
  if (request === undefined) {
    const outcome = seen.at(-1)?.outcome;
    if (outcome) return { reply: info(tooLate(code, outcome)) };
    return { reply: problem(noSuchRequest(code, pending)) };
  }
  if (seen.some(({ requestId }) => requestId !== request.id)) {
    return { reply: problem(codeOfTwo(request)) };
  }
  const option = optionFor(request.options, wish === 'allow' ? 'allow' : 'reject');
  if (option === undefined) return { reply: problem(noSuchChoice(request, wish)) };
  await sessions.answerPermission(caller, request.sessionId, request.id, {
    optionId: option.optionId,
  });
  return { request };
}
