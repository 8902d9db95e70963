/** A short text of ours: help, a refusal, an error, a reminder, the offer to run an edit. */
import type { KnownBlock } from '@slack/types';
import type { Offer, ResolvedNotice } from '../../core/ports/surface.ts';
import { SURFACE, userOf } from '../address.ts';
import { cut, mrkdwnSection, TEXT_LIMIT, type SlackBody } from './body.ts';
import { safeMarkdown, toMrkdwn } from './mrkdwn.ts';

/** Of our own texts, all of which are far shorter. */
const NOTICE_LIMIT = 8_000;

/** The button of an edit that came too late has this action id. */
export const EDIT_ACTION = 'edit';

/** Gives the opaque token of an offer's button; undefined: it has no button. */
export type MintOffer = (offer: Offer) => string | undefined;

export function renderNotice(view: ResolvedNotice, mint: MintOffer): SlackBody {
  const { mention, offer } = view;
  // Notifies; an edit of the message does not.
  const isKnown = mention?.surface === SURFACE && mention.kind === 'person';
  const name = isKnown ? `<@${userOf(mention)}> ` : '';
  const mark = view.tone === 'error' ? '⚠️ ' : '';
  const text = cut(`${mark}${name}${toMrkdwn(view.markdown)}`, TEXT_LIMIT);
  const markdown = cut(`${mark}${safeMarkdown(view.markdown)}`, NOTICE_LIMIT);
  return {
    text,
    blocks: [
      // Only mrkdwn is sure to reach whom it names.
      name === '' ? { type: 'markdown', text: markdown } : mrkdwnSection(text),
      ...(offer === undefined ? [] : buttonOf(offer, mint)),
    ],
    status: 'answered',
  };
}

function buttonOf(offer: Offer, mint: MintOffer): readonly KnownBlock[] {
  const value = mint(offer);
  if (value === undefined) return [];
  const text = { type: 'plain_text', text: offer.label } as const;
  const button = { type: 'button', action_id: EDIT_ACTION, text, value, style: 'primary' } as const;
  return [{ type: 'actions', elements: [button] }];
}
