/** The tokens in our buttons. What would not fit one has no button; it can be typed. */
import type { ActionTokens } from '../core/access/action-token.ts';
import { isAppError } from '../core/model/errors.ts';
import { createMintAnswer } from '../core/sessions/answer-by-token.ts';
import { createMintEdit } from '../core/sessions/edit-by-token.ts';
import { SURFACE } from './address.ts';
import type { MintOffer } from './renderers/notice.ts';
import type { MintToken } from './renderers/permission.ts';

export function createMintToken(tokens: ActionTokens): MintToken {
  const mint = createMintAnswer(tokens, SURFACE);
  return (view, option) => fitting(() => mint(view, option));
}

export function createMintOffer(tokens: ActionTokens): MintOffer {
  const mint = createMintEdit(tokens, SURFACE);
  return (offer) => fitting(() => mint(offer));
}

function fitting(mint: () => string): string | undefined {
  try {
    return mint();
  } catch (error) {
    if (isAppError(error, 'too_large')) return undefined;
    throw error;
  }
}
