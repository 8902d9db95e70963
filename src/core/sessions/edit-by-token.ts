/**
 * The button that runs a prompt again with the text that it was edited to. Its token is bound to the
 * prompt and to that text, as those of permission requests are to their input; marked by its surface
 * (`slack:edit`), so that neither passes for the other.
 */
import { inputHash, type ActionTokens } from '../access/action-token.ts';
import type { Caller } from '../model/actor.ts';
import { AppError } from '../model/errors.ts';
import { parseId } from '../model/ids.ts';
import type { Offer } from '../ports/surface.ts';
import type { AnswerDeps } from './answer-by-token.ts';

export type MintEdit = (offer: Offer) => string;

const marked = (surface: string): string => `${surface}:edit`;

export function createMintEdit(tokens: ActionTokens, surface: string): MintEdit {
  return ({ sessionId, promptId, text, expiresAt }) =>
    tokens.mint({
      sessionId,
      requestId: promptId,
      optionId: 'run',
      surface: marked(surface),
      expiresAt,
      inputHash: inputHash(text),
    });
}

/** Throws what the person who pressed should be told, as AppError; pressed twice it runs once. */
export async function runEditByToken(
  { sessions, actionTokens, clock }: AnswerDeps,
  surface: string,
  caller: Caller,
  token: string,
): Promise<void> {
  const action = actionTokens.verify(token, clock.now());
  const sessionId = parseId('s', action?.sessionId ?? '');
  const promptId = parseId('p', action?.requestId ?? '');
  if (action?.surface !== marked(surface) || sessionId === undefined || promptId === undefined) {
    throw new AppError('unprocessable', 'This button is too old. Send the text as a new message.');
  }
  await sessions.runEdit(caller, sessionId, promptId, (text) => {
    if (inputHash(text) === action.inputHash) return;
    throw new AppError('unprocessable', 'It was edited once more. Please read it again.');
  });
}
