/** The commands that the reader may use, from the one grammar table. */
import { authorize } from '../../core/access/authorize.ts';
import { GRAMMAR, usageOf } from '../../core/commands/grammar.ts';
import type { Caller } from '../../core/model/actor.ts';
import { markup, type Html } from './html.ts';
import { renderInline } from './markdown.ts';

export function renderHelp(caller: Caller): Html {
  const rows = GRAMMAR.filter(
    (row) => row.available === true && authorize(row.needs, caller).allow,
  ).map(
    (row) =>
      markup`<div><dt><code>/${usageOf(row)}</code></dt><dd>${renderInline(row.help)}</dd></div>`,
  );
  return markup`<p>Whatever you write goes to the agent, but for lines that begin with one of these:</p>
    <dl>${rows}</dl>`;
}
