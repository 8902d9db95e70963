/** The tokens in the buttons of permission messages. */
import type { ActionTokens } from '../core/access/action-token.ts';
import { isAppError } from '../core/model/errors.ts';
import { createMintAnswer } from '../core/sessions/answer-by-token.ts';
import { SURFACE } from './address.ts';
import type { MintToken } from './renderers/permission.ts';

/** An option whose token would not fit a button has no button; its code can be typed. */
export function createMintToken(tokens: ActionTokens): MintToken {
  const mint = createMintAnswer(tokens, SURFACE);
  return (view, option) => {
    try {
      return mint(view, option);
    } catch (error) {
      if (isAppError(error, 'too_large')) return undefined;
      throw error;
    }
  };
}
