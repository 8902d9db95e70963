/** A short text of ours: help, a refusal, an error. */
import type { ResolvedNotice } from '../../core/ports/surface.ts';
import { SURFACE } from '../address.ts';
import { cut, TEXT_LIMIT, type SlackBody } from './body.ts';
import { safeMarkdown, toMrkdwn } from './mrkdwn.ts';

/** Of our own texts, all of which are far shorter. */
const NOTICE_LIMIT = 8_000;

export function renderNotice(view: ResolvedNotice): SlackBody {
  const { mention } = view;
  // Notifies; an edit of the message does not.
  const name = mention?.surface === SURFACE ? `<@${mention.id}> ` : '';
  const mark = `${view.tone === 'error' ? '⚠️ ' : ''}${name}`;
  const text = `${mark}${toMrkdwn(view.markdown)}`;
  const markdown = `${mark}${safeMarkdown(view.markdown)}`;
  return {
    text: cut(text, TEXT_LIMIT),
    blocks: [{ type: 'markdown', text: cut(markdown, NOTICE_LIMIT) }],
    status: 'answered',
  };
}
