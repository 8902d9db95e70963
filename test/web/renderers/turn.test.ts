import { beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../../src/core/model/events.ts';
import type { PromptId, SessionId } from '../../../src/core/model/ids.ts';
import { createFolder } from '../../../src/core/transcript/fold.ts';
import { renderTurn } from '../../../src/web/renderers/turn.ts';
import { ended, queued, says, started, update } from '../play.ts';
import { readHtml } from '../read-html.ts';

let folder: ReturnType<typeof createFolder>;
let seq = 0;

function push(...events: readonly NewEvent[]): void {
  for (const event of events) {
    seq += 1;
    folder.push({ ...event, sessionId: 's_1', seq, at: seq * 1000 });
  }
}

function show(promptId = 'p_1'): string {
  const transcript = folder.view();
  const turn = transcript.turns.get(promptId as PromptId);
  if (turn === undefined) throw new Error(`There is no turn ${promptId}`);
  return renderTurn({ kind: 'turn', sessionId: 's_1' as SessionId, turn, transcript }).html;
}

beforeEach(() => {
  folder = createFolder();
  seq = 0;
  push({ type: 'session.created', data: { agentName: 'Codex', agentTemplateId: null } });
});

describe('the message of a turn', () => {
  it('says its place in line while it waits', () => {
    push(queued('p_1', 'one'), started('p_1'), queued('p_2', 'two'));
    push({
      type: 'queue.updated',
      data: { items: [{ promptId: 'p_2', text: 'two', position: 1 }] },
    });
    expect(readHtml(show('p_2'))).toMatchInlineSnapshot(`
      "Codex queued number 1 in line
       [Cancel]"
    `);
  });

  it('shows plan, thoughts, tools and answer in the order in which they came', () => {
    push(queued('p_1', 'go'), started('p_1'));
    const entries = [
      { content: 'Read', status: 'completed' },
      { content: 'Write', status: 'in_progress' },
      { content: 'Test', status: 'pending' },
    ];
    push(update('p_1', 'plan', { entries }));
    push(update('p_1', 'agent_thought_chunk', { content: { type: 'text', text: 'Hmm.' } }));
    push(says('p_1', 'First I *read*.'));
    const diff = { type: 'diff', path: 'a.ts', oldText: 'a\n', newText: 'b\n' };
    const call = { toolCallId: 'c1', title: 'Edit a.ts', kind: 'edit', status: 'completed' };
    push(update('p_1', 'tool_call', { ...call, content: [diff] }), says('p_1', 'Then I wrote.'));
    expect(readHtml(show())).toMatchInlineSnapshot(`
      "Codex working ⏱
       [Stop]
      •  (done:) Read
      •  (now:) Write
      •  (to do:) Test
      ▸  Thought
        Hmm.
      First I read.
      ▸  Edit a.ts +1 −1 (done)
        a.ts +1 −1
        -a
        +b
      Then I wrote."
    `);
  });

  it('says of a turn without a word that it has none, as every surface does', () => {
    push(queued('p_1', 'go'), started('p_1'), ended('p_1'));
    expect(readHtml(show())).toContain('The agent ended without an answer.');
  });

  it('says why it failed and offers to run it again', () => {
    push(queued('p_1', 'go'), started('p_1'), ended('p_1', 'failed', 'The agent exited: ENOSPC'));
    expect(readHtml(show())).toMatchInlineSnapshot(`
      "Codex failed 1 s 00:00 UTC
      The agent exited: ENOSPC
       [Retry]"
    `);
  });

  it.each([
    ['max_tokens', 'token limit'],
    ['refusal', 'refused to go on'],
  ])('does not pass %s off as a whole answer', (stopReason, sentence) => {
    push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Half'), ended('p_1', stopReason));
    expect(readHtml(show())).toContain(sentence);
  });

  it('quotes a prompt that came from another surface', () => {
    const actor = { surface: 'api', id: 'k_1', name: 'ci token', kind: 'token' } as const;
    push(queued('p_1', 'nightly run', actor), started('p_1'));
    expect(readHtml(show())).toContain('nightly run\nci token · api');
  });

  it('folds all but the last steps of a long row', () => {
    push(queued('p_1', 'go'), started('p_1'));
    for (let step = 1; step <= 9; step += 1) {
      push(
        update('p_1', 'tool_call', { toolCallId: `c${step}`, title: `Step ${step}`, kind: 'read' }),
      );
    }
    expect(readHtml(show())).toContain('▸ 3 earlier steps');
  });

  it('caps a long diff and says how much is missing', () => {
    push(queued('p_1', 'go'), started('p_1'));
    const newText = Array.from({ length: 1_000 }, (_, line) => `line ${line}`).join('\n');
    const content = [{ type: 'diff', path: 'big.txt', oldText: null, newText }];
    push(update('p_1', 'tool_call', { toolCallId: 'c1', title: 'Write', kind: 'edit', content }));
    expect(readHtml(show())).toContain('800 more lines are on the session page.');
  });

  it('shows the end of an answer that nobody could read, and says how much is left out', () => {
    push(queued('p_1', 'Write'), started('p_1'));
    push(says('p_1', 'a line of it\n'.repeat(100_000)), says('p_1', 'and **the end**'));
    const html = show();
    expect(html.length).toBeLessThan(300_000);
    expect(readHtml(html)).toContain('The first 1,100,021 characters are on the session page');
    expect(html).toContain('and <strong>the end</strong>');
    push(says('p_1', `\n${'x'.repeat(300_000)}`));
    expect(show()).toContain('The first 1,400,016 characters are on');
  });

  it('reads the same while nothing happens, however much time passes', () => {
    push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Working'));
    expect(show()).toBe(show());
    expect(readHtml(show())).toContain('⏱');
  });

  // An exact diff of these takes minutes: it would meet the limit.
  it('gives up on the exact diff of two large unlike files', { timeout: 30_000 }, () => {
    const text = (word: string): string =>
      Array.from({ length: 12_000 }, (_, line) => `${word} ${line}`).join('\n');
    push(queued('p_1', 'go'), started('p_1'));
    const content = [{ type: 'diff', path: 'a', oldText: text('old'), newText: text('new') }];
    push(update('p_1', 'tool_call', { toolCallId: 'c1', title: 'Write', kind: 'edit', content }));
    expect(readHtml(show())).toContain('+12000 −12000');
  });
});
