/**
 * Times in messages. Invariant: a body says when something began or ends, never how long ago that
 * is: the page's script makes the seconds pass, so silence sends nothing.
 */
import { markup, type Html } from './html.ts';

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Counts up from `at` in the page. */
export function since(at: number): Html {
  return markup`<time class="ticking" data-since="${at}" datetime="${iso(at)}"></time>`;
}

/** Counts down to `at` in the page; without script it reads as a time of day. */
export function until(at: number): Html {
  return markup`<time class="ticking" data-until="${at}" datetime="${iso(at)}">at ${clockTime(at)}</time>`;
}

/** A time of day; the page's script puts it into the reader's own zone. */
export function timeOfDay(at: number): Html {
  return markup`<time data-clock="${at}" datetime="${iso(at)}">${clockTime(at)}</time>`;
}

function clockTime(at: number): string {
  return `${iso(at).slice(11, 16)} UTC`;
}
