/** A pending permission request by its code, and the offered option that says yes or no. */
import { optionFor } from '../model/permission.ts';
import type { PermissionRequest } from '../model/permission.ts';
import { info, problem, sessionOf, type HandlerContext, type Reply } from './context.ts';
import { noSuchChoice, noSuchRequest, tooLate } from './texts.ts';

/** The request that was answered, or why it was not. Throws what the service throws. */
export async function answer(
  context: HandlerContext,
  code: string,
  wish: 'allow' | 'deny',
): Promise<{ readonly request: PermissionRequest } | { readonly reply: Reply }> {
  const { sessions, caller } = context;
  const { id } = await sessionOf(context);
  const pending = (await sessions.permissions(caller, id)).filter((r) => r.state === 'pending');
  const request = pending.find((candidate) => candidate.code === code);
  if (request === undefined) {
    const { permissions } = await context.transcript(id);
    const outcome = [...permissions.values()].findLast((one) => one.code === code)?.outcome;
    if (outcome !== undefined && outcome !== null) return { reply: info(tooLate(code, outcome)) };
    return { reply: problem(noSuchRequest(code, pending)) };
  }
  const option = optionFor(request.options, wish === 'allow' ? 'allow' : 'reject');
  if (option === undefined) return { reply: problem(noSuchChoice(request, wish)) };
  await sessions.answerPermission(caller, id, request.id, { optionId: option.optionId });
  return { request };
}
