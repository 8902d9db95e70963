/**
 * Characters that a reader cannot see but that change what a text means or how it reads: they are
 * shown by their code point, so what is approved is what is read.
 */
import { hiddenCharacters } from '../../core/transcript/text.ts';
import { markup, type Html } from './html.ts';

/** Direction overrides and isolates: they make text read in another order than it has. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * `code` shows all that is hidden; `prose` only what changes the order of reading, as joiners and
 * variation selectors belong to emoji and to many scripts.
 */
export function showHidden(text: string, where: 'prose' | 'code'): Html {
  const shown =
    where === 'code' ? hiddenCharacters(text) : text.replace(DIRECTION, hiddenCharacters);
  const pieces = shown.split(/(⟨U\+[0-9A-F]{4,6}⟩)/);
  return markup`${pieces.map((piece, index) =>
    index % 2 === 1
      ? markup`<span class="hidden-character" title="hidden character">${piece}</span>`
      : piece,
  )}`;
}
