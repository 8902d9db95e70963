/** A diff as a figure: path, numbers, lines; what is left out is counted and said. */
import type { DiffContent } from '../../core/model/transcript.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';

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

/** At most `limit` lines of the diff; the rest is counted in a note, with a link to where it is. */
export function renderDiff(diff: DiffContent, limit: number, wholeUrl?: string): Html {
  const { lines } = diffLines(diff);
  const rest = lines.length - limit;
  return markup`<figure class="diff">
    <figcaption>
      <span class="path" dir="ltr">${showHidden(diff.path, 'code')}</span>
      ${diff.oldText === null && markup`<span class="note">new file</span>`}
      ${renderDiffStat(diff)}
    </figcaption>
    <pre tabindex="0"><code>${lines.slice(0, limit).map(renderLine)}</code></pre>
    ${rest > 0 && markup`<p class="note">${rest} more lines are ${wholeUrl === undefined ? 'not shown here' : markup`on <a href="${wholeUrl}">the session page</a>`}.</p>`}
  </figure>`;
}
