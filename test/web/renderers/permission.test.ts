import { beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../../src/core/model/events.ts';
import type { SessionId } from '../../../src/core/model/ids.ts';
import { createFolder } from '../../../src/core/transcript/fold.ts';
import { renderPermission } from '../../../src/web/renderers/permission.ts';
import { asks, queued, started } from '../play.ts';
import { readHtml } from '../read-html.ts';

const EXPIRES = Date.UTC(2026, 0, 1, 12, 30);
let folder: ReturnType<typeof createFolder>;
let seq = 0;

function push(...events: readonly NewEvent[]): void {
  for (const event of events) {
    seq += 1;
    folder.push({ ...event, sessionId: 's_1', seq, at: Date.UTC(2026, 0, 1, 12) });
  }
}

beforeEach(() => {
  folder = createFolder();
  seq = 0;
  push(
    { type: 'session.created', data: { agentName: 'Codex', agentTemplateId: null } },
    queued('p_1', 'Clean up'),
    started('p_1'),
  );
});

function show(): string {
  const transcript = folder.view();
  const permission = [...transcript.permissions.values()].at(-1);
  if (permission === undefined) throw new Error('Nothing was asked');
  const view = {
    kind: 'permission',
    sessionId: 's_1' as SessionId,
    permission,
    transcript,
  } as const;
  return renderPermission(view, (_view, option) => `token of ${option.optionId}`, '/approve/it')
    .html;
}

function ask(toolCall: Readonly<Record<string, unknown>>): string {
  push(asks('p_1', 'r_1', { toolCallId: 'c1', ...toolCall }, EXPIRES));
  return show();
}

describe('a pending permission request', () => {
  it('shows what runs, where, for whom, until when, and the options as the agent offers them', () => {
    const html = ask({
      title: 'Remove build output',
      kind: 'execute',
      rawInput: { command: ['rm', '-rf', 'my dir'], cwd: '/workspace/app' },
    });
    expect(readHtml(html)).toMatchInlineSnapshot(`
      "Codex wants to run a command
      k7
      Remove build output
      rm -rf 'my dir'
       [Allow once]  [Allow always]  [Reject]
      execute in /workspace/app · asked for by You · expires ⏱ at 12:30 UTC · or type /approve k7 or /deny k7"
    `);
    expect(html).toContain('<button class="primary" name="token" value="token of yes"');
    expect(html).toContain('<button class="danger" name="token" value="token of no"');
  });

  it('shows the raw input when there is neither a command nor a diff', () => {
    const html = ask({
      title: 'weather',
      kind: 'other',
      rawInput: { url: 'https://evil.example' },
    });
    expect(readHtml(html)).toMatchInlineSnapshot(`
      "Codex asks for permission
      k7
      weather
      {
        "url": "https://evil.example"
      }
       [Allow once]  [Allow always]  [Reject]
      other · asked for by You · expires ⏱ at 12:30 UTC · or type /approve k7 or /deny k7"
    `);
  });

  it('shows a change as a diff with its path', () => {
    const content = [{ type: 'diff', path: '/w/a.ts', oldText: 'one\ntwo\n', newText: 'one\n2\n' }];
    expect(readHtml(ask({ title: 'Edit', kind: 'edit', content }))).toMatchInlineSnapshot(`
      "Codex wants to change a file
      k7
      Edit
      /w/a.ts +1 −1
       one
      -two
      +2
       [Allow once]  [Allow always]  [Reject]
      edit · asked for by You · expires ⏱ at 12:30 UTC · or type /approve k7 or /deny k7"
    `);
  });

  it('makes hidden characters visible, in the command and in the names of options', () => {
    const html = ask({
      title: 'x',
      kind: 'execute',
      rawInput: { command: 'echo \u202Eexe.txt\u200B' },
    });
    expect(readHtml(html)).toContain('echo ⟨U+202E⟩exe.txt⟨U+200B⟩');
    expect(html).not.toMatch(/[\u202e\u200b]/u);
  });

  it('offers approval of long input only where all of it has been unfolded', () => {
    const command = Array.from({ length: 60 }, (_, line) => `echo ${line}`).join('\n');
    const html = ask({ title: 'Long script', kind: 'execute', rawInput: { command } });
    const [folded = '', rest = ''] = html.split('</details>');
    expect(folded).toContain('<details class="whole"');
    expect(folded).toContain('echo 59');
    expect(folded).toContain('token of yes');
    expect(rest).not.toContain('token of yes');
    expect(rest).not.toContain('token of always');
    expect(rest).toContain('token of no');
  });

  it('offers no approval by click at all for input that nobody can read', () => {
    const html = ask({ title: 'x', kind: 'execute', rawInput: { command: 'x'.repeat(300_000) } });
    expect(html).toContain('too long to be approved by a click');
    expect(html).not.toContain('token of yes');
    expect(html).toContain('token of no');
    expect(html.length).toBeLessThan(220_000);
  });
});

describe('an answered permission request', () => {
  const by = { surface: 'web', id: '1', name: 'ada', kind: 'person' } as const;

  it.each([
    ['yes', 'Allowed by You · Allow once · 12:00 UTC ls'],
    ['no', 'Denied by You · Reject · 12:00 UTC ls'],
  ])('is one line that says who, when and which option (%s)', (optionId, line) => {
    push(asks('p_1', 'r_1', { toolCallId: 'c1', title: 'ls', kind: 'execute' }, EXPIRES));
    const data = { requestId: 'r_1', outcome: 'selected', optionId, by } as const;
    push({ type: 'permission.resolved', data });
    expect(readHtml(show()).trim()).toBe(line);
    expect(show()).not.toContain('<button');
  });

  it('says by which rule, when a rule answered', () => {
    push(asks('p_1', 'r_1', { toolCallId: 'c1', title: 'ls', kind: 'execute' }, EXPIRES));
    const data = {
      requestId: 'r_1',
      outcome: 'selected',
      optionId: 'yes',
      by,
      rule: 'reads',
    } as const;
    push({ type: 'permission.resolved', data });
    expect(readHtml(show())).toContain('Allowed by You (rule reads)');
  });

  it.each([
    ['expired', 'Expired: nobody answered in time, so it was denied'],
    ['cancelled', 'Closed unanswered: the turn ended first'],
  ] as const)('says so when it was %s', (outcome, line) => {
    push(asks('p_1', 'r_1', { toolCallId: 'c1', title: 'ls', kind: 'execute' }, EXPIRES));
    push({ type: 'permission.resolved', data: { requestId: 'r_1', outcome, by } });
    expect(readHtml(show())).toContain(line);
  });
});
