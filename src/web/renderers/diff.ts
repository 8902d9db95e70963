/**
 * A diff as people read it: unified, with three lines of context. Invariant: what is left out is
 * counted and said, and no input, however large, takes more than a fraction of a second.
 */
import { structuredPatch } from 'diff';
import type { DiffContent } from '../../core/model/transcript.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';

export interface DiffLines {
  readonly added: number;
  readonly removed: number;
  /** With their leading `+`, `-`, space or `@`. */
  readonly lines: readonly string[];
}

const TOO_LARGE = 1_000_000;
const computed = new WeakMap<DiffContent, DiffLines>();

function wholeText(text: string, sign: '+' | '-'): string[] {
  if (text === '') return [];
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => sign + line);
}

function unified(diff: DiffContent): readonly string[] {
  const { oldText, newText, path } = diff;
  if (oldText === null || oldText === '') return wholeText(newText, '+');
  const patch =
    oldText.length + newText.length > TOO_LARGE
      ? undefined
      : structuredPatch(path, path, oldText, newText, '', '', { context: 3, timeout: 200 });
  if (patch === undefined) return [...wholeText(oldText, '-'), ...wholeText(newText, '+')];
  return patch.hunks.flatMap((hunk) => [
    ...(hunk.newStart > 1 ? [`@@ line ${hunk.newStart} @@`] : []),
    ...hunk.lines.filter((line) => !line.startsWith('\\')),
  ]);
}

/** The lines of a diff, computed once for each diff object. */
export function diffLines(diff: DiffContent): DiffLines {
  const known = computed.get(diff);
  if (known !== undefined) return known;
  const lines = unified(diff);
  const result = {
    lines,
    added: lines.filter((line) => line.startsWith('+')).length,
    removed: lines.filter((line) => line.startsWith('-')).length,
  };
  computed.set(diff, result);
  return result;
}

function lineClass(line: string): string {
  if (line.startsWith('+')) return 'added';
  if (line.startsWith('-')) return 'removed';
  return line.startsWith('@') ? 'hunk' : 'context';
}

/** `+12 −3`, for one-line summaries. */
export function renderDiffStat(diff: DiffContent): Html {
  const { added, removed } = diffLines(diff);
  return markup`<span class="stat"><span class="added">+${added}</span> <span class="removed">−${removed}</span></span>`;
}

function renderLine(line: string): Html {
  return markup`<span class="${lineClass(line)}">${showHidden(line, 'code')}\n</span>`;
}

/** At most `limit` lines of the diff; the rest is counted in a note. */
export function renderDiff(diff: DiffContent, limit: number): Html {
  const { lines } = diffLines(diff);
  const rest = lines.length - limit;
  return markup`<figure class="diff">
    <figcaption>
      <span class="path" dir="ltr">${showHidden(diff.path, 'code')}</span>
      ${diff.oldText === null && markup`<span class="note">new file</span>`}
      ${renderDiffStat(diff)}
    </figcaption>
    <pre tabindex="0"><code>${lines.slice(0, limit).map(renderLine)}</code></pre>
    ${rest > 0 && markup`<p class="note">${rest} more lines are not shown here.</p>`}
  </figure>`;
}
