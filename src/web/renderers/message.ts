/** What a hosted message of the web thread looks like around its body, and the small bodies. */
import type { HostedMessage } from '../../core/ports/stores.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { showHidden } from './hidden.ts';
import { markup, trusted, type Html } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { shownName } from './name.ts';
import { timeOfDay } from './time.ts';

/** The body of a message that a person wrote: their text as it is, line breaks kept. */
export function renderPersonText(text: string): Html {
  return markup`<p class="written" dir="auto">${showHidden(text, 'prose')}</p>`;
}

/** A short text of ours: help, a refusal, an error. */
export function renderNotice(view: Extract<ResolvedView, { kind: 'notice' }>): Html {
  return markup`<section class="notice" data-tone="${view.tone}">${renderMarkdown(view.markdown)}</section>`;
}

/** Bodies are HTML that our renderers made before they were stored. */
export function renderMessage(message: HostedMessage): Html {
  const person = message.author.kind === 'person';
  return markup`<article class="message" id="m-${message.id}" data-ordinal="${message.ordinal}" data-from="${person ? 'person' : 'agent'}">
    ${
      person &&
      markup`<header><span class="author">${shownName(message.author)}</span> ${timeOfDay(message.createdAt)}</header>`
    }
    ${trusted(message.body)}
  </article>`;
}
