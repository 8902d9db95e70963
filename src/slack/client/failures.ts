/** What a failed call means: for the outbox as a SendFailure, for everybody else as an AppError. */
import { AppError, isAppError } from '../../core/model/errors.ts';
import type { SendFailure } from '../../core/ports/surface.ts';
import type { CallFailure } from './calls.ts';

/** The message is not there (any more), or nobody may change it: it is posted anew. */
const GONE: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
]);

/** Sentences for whoever can mend it. */
const MENDS: Readonly<Record<string, string>> = {
  not_in_channel: 'I am not a member of this channel. Invite me to it.',
  channel_not_found: 'This channel does not exist, or I am not a member of it.',
  is_archived: 'This channel is archived.',
  invalid_auth: 'The bot token is not valid. Install the app again, or set SLACK_BOT_TOKEN.',
  account_inactive: 'The app was removed from this workspace. Install it again.',
  token_expired: "The workspace's token could not be renewed. Install the app again.",
  token_revoked: 'The bot token was revoked. Install the app again.',
  missing_scope: 'The app lacks a permission. Install it again with the current manifest.',
  messages_tab_disabled: 'The Messages tab of the app is switched off in its settings.',
  restricted_action: 'The workspace does not allow me to write here.',
};

/** Slack's limits and rules that a plainer message may still satisfy. */
export const TOO_LONG: ReadonlySet<string> = new Set([
  'msg_too_long',
  'msg_blocks_too_long',
  'msg_blocks_too_many',
  'markdown_text_too_long',
]);
export const BAD_BLOCKS: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'block_mismatch',
  'invalid_attachments',
]);

export const codeOf = (failure: CallFailure): string =>
  failure.kind === 'said' ? failure.error : '';

export function sendFailureOf(failure: CallFailure): SendFailure {
  switch (failure.kind) {
    case 'throttled':
      return failure;
    case 'unreachable':
      return { kind: 'retry', message: failure.message };
    case 'unknown':
      return failure;
    case 'said': {
      const message = sentence(failure);
      // Its stream could not be ended yet.
      if (failure.error === 'streaming_state_conflict') return { kind: 'retry', message };
      return { kind: GONE.has(failure.error) ? 'gone' : 'refused', message };
    }
  }
}

/** `unavailable` when trying again helps. */
export function appErrorOf(method: string, failure: CallFailure): AppError {
  if (failure.kind === 'said') return new AppError('unprocessable', sentence(failure));
  const why = failure.kind === 'throttled' ? 'it has had too many calls' : failure.message;
  const details = failure.kind === 'throttled' ? { retryAfterMs: failure.retryAfterMs } : {};
  return new AppError('unavailable', `Slack did not answer ${method}: ${why}`, { details });
}

/** Why Slack does not work with us, for whoever runs the server. */
export function explainSilence(error: unknown): string {
  if (isAppError(error, 'unavailable')) {
    return `${error.message} It is asked again; check the network, a proxy and https://slack-status.com.`;
  }
  return error instanceof Error ? error.message : String(error);
}

function sentence({ error, hints }: Extract<CallFailure, { kind: 'said' }>): string {
  const mend = MENDS[error] ?? 'Slack refused it.';
  return `${mend} (${[error, ...hints].join('; ')})`;
}
