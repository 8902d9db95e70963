/** A turn with an answer of 200 kB, rendered for each place, beside markdown-it on the same text. */
import MarkdownIt from 'markdown-it';
import type { SessionEvent } from '../../src/core/model/events.ts';
import type { SessionId } from '../../src/core/model/ids.ts';
import { createFolder } from '../../src/core/transcript/fold.ts';
import { render as renderForGitHub } from '../../src/github/renderers/render.ts';
import { renderTurn as renderForSlack } from '../../src/slack/renderers/turn.ts';
import { renderTurn as renderForWeb } from '../../src/web/renderers/turn.ts';
import { recordedEvents } from '../harness/transcript-events.ts';
import { median, row, times } from './report.ts';

const BYTES = 200_000;
const ROUNDS = 20;
const PIECE = [
  '## What I found',
  'Some **bold** words, `code`, a [link](https://example.org), @team and #123.',
  '| a | b |\n| - | - |\n| 1 | 2 |',
  '```ts\nconst answer: number = 42;\n```',
  '<details><summary>More</summary>\n\nHidden.\n\n</details>\n\n',
].join('\n\n');

/** A recorded turn whose answer is long instead. */
function longTurn(answer: string): readonly SessionEvent[] {
  const events = recordedEvents('claude-agent-acp.write-reject.ndjson');
  const at = events.findIndex(
    ({ type, data }) => type === 'update' && JSON.stringify(data).includes('agent_message_chunk'),
  );
  const chunk = events[at];
  if (chunk?.type !== 'update') throw new Error('the recording has no answer');
  const content = { type: 'text' as const, text: answer };
  const long: SessionEvent = {
    ...chunk,
    data: { ...chunk.data, update: { ...chunk.data.update, content } },
  };
  return events.with(at, long);
}

function took(work: () => unknown): number {
  const all = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return median(all);
}

export function rendering(): void {
  const answer = PIECE.repeat(Math.ceil(BYTES / PIECE.length));
  const events = longTurn(answer);
  const folder = createFolder();
  for (const event of events) folder.push(event);
  const transcript = folder.view();
  const [turn] = transcript.turns.values();
  if (turn === undefined) throw new Error('the recording has no turn');
  const view = { kind: 'turn' as const, sessionId: 's_1' as SessionId, turn, transcript };
  const markdown = new MarkdownIt();
  const plain = took(() => markdown.render(answer));
  const github = took(() =>
    renderForGitHub(view, 0, null, { mint: () => 'token', card: () => '' }),
  );
  const slack = took(() => renderForSlack(view, 0, undefined));
  const web = took(() => renderForWeb(view));
  row('200 kB answer as (ms)', `markdown-it ${plain.toFixed(1)}`);
  row('  GitHub comments', '', times(github, plain, 1));
  row('  Slack messages', '', times(slack, plain, 1));
  row('  HTML of the page', '', times(web, plain, 1));
}
