/** What a hosted message of the web thread looks like around its body, and the small bodies. */
import type { Actor } from '../../core/model/actor.ts';
import type { HostedMessage } from '../../core/ports/stores.ts';
import type { ResolvedNotice } from '../../core/ports/surface.ts';
import type { MintEdit } from '../../core/sessions/edit-by-token.ts';
import { showHidden } from './hidden.ts';
import { markup, trusted, type Html } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { placeName, shownName } from './name.ts';
import { timeOfDay } from './time.ts';

/** The body of a message that a person wrote: their text as it is, line breaks kept. */
export function renderPersonText(text: string): Html {
  return markup`<p class="written" dir="auto">${showHidden(text, 'prose')}</p>`;
}

/** What somebody wrote, and where when it was not on this page. */
export function renderPerson(author: Actor, at: number, text: string): Html {
  return markup`<article class="message" data-from="person">${byline(author, at)}${renderPersonText(text)}</article>`;
}

const byline = (author: Actor, at: number): Html =>
  markup`<header><span class="author">${shownName(author)}</span>${author.surface !== 'web' && ` · ${placeName(author.surface)}`} · ${timeOfDay(at)}</header>`;

/** A short text of ours: help, a refusal, an error. */
export function renderNotice(view: ResolvedNotice, mint: MintEdit): Html {
  const { tone, markdown, mention, offer } = view;
  return markup`<section class="notice" data-tone="${tone}"${mention && markup` data-announce="Somebody is asked for an answer."`}>${renderMarkdown(markdown)}${
    offer &&
    markup`<form class="options" method="post" action="/web/edit" data-async><button class="primary" name="token" value="${mint(offer)}">${offer.label}</button></form>`
  }</section>`;
}

/** Bodies are HTML that our renderers made before they were stored. */
export function renderMessage(message: HostedMessage): Html {
  const person = message.author.kind === 'person';
  return markup`<article class="message" id="m-${message.id}" data-ordinal="${message.ordinal}" data-from="${person ? 'person' : 'agent'}">
    ${person && byline(message.author, message.createdAt)}
    ${trusted(message.body)}
  </article>`;
}
