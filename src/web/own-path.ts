/**
 * Where to go after a login. Invariant: only pages of ours, by their shape: whatever else a link
 * says, it leads nowhere.
 */
const PAGES = /^\/(?:(?:threads|sessions|approve)\/[\w.-]{1,2000})?$/;

/** The path when it is a page of ours; undefined otherwise. Without its query. */
export function ownPath(path: unknown): string | undefined {
  return typeof path === 'string' && PAGES.test(path) && !path.includes('..') ? path : undefined;
}
