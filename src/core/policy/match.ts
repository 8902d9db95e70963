/**
 * Whether patterns match: commands by argv, paths by normalised segments. No regular expression is
 * made from a pattern, so none can blow up.
 */
import { shellWords } from './shell-words.ts';

/** `*` is any one token, a trailing `**` any rest (also none). */
export function matchesArgv(pattern: readonly string[], argv: readonly string[]): boolean {
  const open = pattern.at(-1) === '**';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? argv.length < fixed.length : argv.length !== fixed.length) return false;
  return fixed.every((token, index) => token === '*' || token === argv[index]);
}

/** For allow: the line must be exactly one simple command. */
export function commandMatches(pattern: readonly string[], line: string): boolean {
  const parsed = shellWords(line);
  return parsed.ok && matchesArgv(pattern, parsed.words);
}

/** For ask and deny: any piece of a line that is more than one simple command counts too. */
export function commandContains(pattern: readonly string[], line: string): boolean {
  const parsed = shellWords(line);
  if (parsed.ok) return matchesArgv(pattern, parsed.words);
  return line.split(/[;|&<>(){}$`\r\n]+/).some((piece) => {
    const words = piece.replaceAll(/["'\\]/g, '').split(/\s+/);
    return matchesArgv(
      pattern,
      words.filter((word) => word !== ''),
    );
  });
}

export type Placed =
  /** Segments below the workspace; none for the workspace itself. */
  | { readonly inside: true; readonly segments: readonly string[] }
  /** Segments of the absolute path; empty when it cannot be one. */
  | { readonly inside: false; readonly segments: readonly string[] };

/**
 * Where a path lies, lexically: whoever has the file system resolves symbolic links first.
 * `workspace` is absolute; relative paths count from it.
 */
export function placePath(workspace: string, path: string): Placed {
  if (path === '' || /[\p{Cc}\\]/u.test(path)) return { inside: false, segments: [] };
  const root = normalised(workspace);
  const full = normalised(path.startsWith('/') ? path : `${workspace}/${path}`);
  const inside = root.every((segment, index) => full[index] === segment);
  return inside ? { inside, segments: full.slice(root.length) } : { inside, segments: full };
}

function normalised(path: string): readonly string[] {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments;
}

/**
 * `*` is any part of one segment, `**` any number of segments. A pattern from `/` on is absolute
 * and never meets a path in the workspace; any other is relative to it and never meets one outside.
 */
export function pathMatches(pattern: string, placed: Placed): boolean {
  if (pattern.startsWith('/') === placed.inside) return false;
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  return globbed(segments, placed.segments, (glob) => glob === '**', matchesSegment);
}

function matchesSegment(glob: string, segment: string): boolean {
  return globbed([...glob], [...segment], (one) => one === '*', Object.is);
}

/** Goes back to the last wildcard only, which is enough for globs and keeps it quadratic at most. */
function globbed(
  pattern: readonly string[],
  items: readonly string[],
  isWild: (one: string) => boolean,
  matches: (one: string, item: string) => boolean,
): boolean {
  let at = 0;
  let wild = -1;
  let resume = 0;
  for (let item = 0; item < items.length;) {
    const one = pattern[at];
    if (one !== undefined && isWild(one)) {
      wild = at;
      resume = item;
      at += 1;
    } else if (one !== undefined && matches(one, items[item] ?? '')) {
      at += 1;
      item += 1;
    } else if (wild === -1) return false;
    else {
      resume += 1;
      item = resume;
      at = wild + 1;
    }
  }
  return pattern.slice(at).every(isWild);
}
