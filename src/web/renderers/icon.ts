/**
 * The page's icons: one SVG sprite in the page, `<use>` everywhere else. They repeat what the words
 * beside them say, so they are hidden from assistive technology.
 */
import { markup, trusted, type Html } from './html.ts';

/** Paths on a 16 × 16 grid, drawn with a 1.5 stroke. */
const PATHS = {
  read: 'M3 2.5h6l4 4v7H3zM9 2.5v4h4M5.5 9.5h5M5.5 11.5h3.5',
  edit: 'M10.5 3 13 5.5 6 12.5l-3 .5.5-3zM9 4.5 11.5 7',
  delete: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4',
  move: 'M2.5 8h11M10 4.5 13.5 8 10 11.5M2.5 4v8',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.5 10.5 13.5 13.5',
  execute: 'M2.5 3h11v10h-11zM5 6l2 2-2 2M8.5 10.5H11',
  think:
    'M6 13.5h4M6.5 11.5h3M8 2.5a4 4 0 0 0-2.5 7.1c.6.5 1 1.1 1 1.9h3c0-.8.4-1.4 1-1.9A4 4 0 0 0 8 2.5',
  fetch:
    'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M2.5 8h11M8 2.5c4 3.5 4 7.5 0 11M8 2.5c-4 3.5-4 7.5 0 11',
  mode: 'M2.5 5h5M11.5 5h2M2.5 11h2M8.5 11h5M9.5 3.5v3M6.5 9.5v3',
  tool: 'M13 4.5a3 3 0 0 1-4 3.5L5 12.5a1.4 1.4 0 0 1-2-2L7.5 6.5A3 3 0 0 1 11 2.5L9.5 4.5l1.5 1.5z',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3l2 1.5',
  box: 'M8 2 13.5 5v6L8 14l-5.5-3V5zM2.5 5 8 8l5.5-3M8 8v6',
  dots: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  hand: 'M8 2.5 13 4.5v4c0 2.5-2 4.2-5 5.5-3-1.3-5-3-5-5.5v-4zM8 5.5v3M8 10.7v.1',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  alert: 'M8 2.5 14 13H2zM8 6.5V9M8 11v.1',
  stop: 'M4 4h8v8H4z',
  retry: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3',
  plus: 'M8 3v10M3 8h10',
  down: 'M8 3v10M4 9l4 4 4-4',
  copy: 'M6 5.5h7.5v8H6zM4 10.5H2.5v-8H10v1',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  circle: 'M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): Html {
  return markup`<svg class="icon" aria-hidden="true"><use href="#i-${name}" /></svg>`;
}

/** Once per page, before the first icon. */
export function iconSprite(): Html {
  const symbols = Object.entries(PATHS).map(
    ([name, path]) => `<symbol id="i-${name}" viewBox="0 0 16 16"><path d="${path}"/></symbol>`,
  );
  return trusted(`<svg class="sprite" aria-hidden="true">${symbols.join('')}</svg>`);
}
