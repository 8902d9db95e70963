import { describe, expect, it } from 'vitest';
import type { ToolCall } from '../../../src/core/model/transcript.ts';
import { createFolder } from '../../../src/core/transcript/fold.ts';
import { mergeToolCall } from '../../../src/core/transcript/tool-call.ts';
import { eventLog, PERSON } from '../../harness/transcript-events.ts';

function merged(...raws: readonly Record<string, unknown>[]): ToolCall {
  let call: ToolCall | undefined;
  for (const raw of raws) call = mergeToolCall(call, 't1', raw, '/work');
  if (call === undefined) throw new Error('nothing to merge');
  return call;
}

const diff = { type: 'diff', path: 'a.txt', oldText: 'x', newText: 'y' };
const said = (text: string): object => ({ type: 'content', content: { type: 'text', text } });

describe('a tool call', () => {
  it('names files from the workspace, and others in full', () => {
    const call = merged({
      content: [{ ...diff, path: '/work/src/a.ts' }],
      locations: [{ path: '/work/src/a.ts' }, { path: '/workshop/b.ts' }],
    });
    expect(call.content).toMatchObject([{ path: 'src/a.ts' }]);
    expect(call.locations.map(({ path }) => path)).toEqual(['src/a.ts', '/workshop/b.ts']);
  });

  it('keeps every field that a later update leaves out', () => {
    const call = merged(
      {
        title: 'Run',
        kind: 'execute',
        status: 'in_progress',
        rawInput: { command: 'ls' },
        locations: [{ path: 'a', line: 3 }, { path: 7 }, 'b'],
        content: [said('out')],
      },
      { kind: 'other', title: '', status: 'sleeping' },
    );
    expect(call).toEqual({
      toolCallId: 't1',
      title: 'Run',
      kind: 'execute',
      input: { command: 'ls' },
      status: 'in_progress',
      command: 'ls',
      locations: [{ path: 'a', line: 3 }],
      content: [{ type: 'text', text: 'out' }],
    });
  });

  it('has a title and a kind even when the agent gives none', () => {
    expect(merged({})).toMatchObject({ title: 't1', kind: 'other', status: 'pending' });
    expect(merged({ name: 'exec', kind: 'constructor' })).toMatchObject({
      title: 'exec',
      kind: 'other',
    });
  });

  it('never goes back: a call that comes after its update, or twice, changes no progress', () => {
    expect(merged({ status: 'completed' }, { status: 'pending' }).status).toBe('completed');
    expect(merged({ status: 'in_progress' }, { status: 'pending' }).status).toBe('in_progress');
    expect(merged({ status: 'in_progress' }, { status: 'constructor' }).status).toBe('in_progress');
    expect(merged({ status: 'cancelled' }, { status: 'in_progress' }).status).toBe('cancelled');
    expect(merged({ status: 'cancelled' }, { status: 'failed' }).status).toBe('failed');
  });

  it('keeps a diff that a later update lacks, and replaces it by one of the same file', () => {
    const kept = merged({ content: [diff] }, { content: [said('done')] });
    expect(kept.content).toEqual([diff, { type: 'text', text: 'done' }]);
    const replaced = merged(
      { content: [diff, said('old')] },
      { content: [{ ...diff, newText: 'z' }] },
    );
    expect(replaced.content).toEqual([{ ...diff, newText: 'z' }]);
    expect(merged({ content: [{ type: 'diff' }] }).content).toEqual([
      { type: 'diff', path: '', oldText: null, newText: '' },
    ]);
  });

  it('collects what its terminals print, also before and after they are named', () => {
    const terminal = { type: 'terminal', terminalId: 'x' };
    const out = (data: string): object => ({
      _meta: { terminal_output_delta: { terminal_id: 'x', data } },
    });
    const call = merged(
      { content: [terminal], _meta: { terminal_output: {} } },
      { ...out('one ') },
      { ...out('two') },
      { content: [terminal] },
      { content: [said('exit 0')] },
    );
    expect(call.content).toEqual([
      { type: 'terminal', terminalId: 'x', output: 'one two' },
      { type: 'text', text: 'exit 0' },
    ]);
    expect(merged({ ...out('first') }).content).toEqual([
      { type: 'terminal', terminalId: 'x', output: 'first' },
    ]);
    expect(merged({ content: [{ type: 'terminal' }] }).content).toEqual([
      { type: 'terminal', terminalId: '', output: '' },
    ]);
  });

  it('names content that cannot be shown', () => {
    const image = { type: 'content', content: { type: 'image', mimeType: 'image/png' } };
    const content = [image, { type: 'content', content: 7 }, null];
    expect(merged({ content }).content).toEqual([
      { type: 'other', label: 'image (image/png)' },
      { type: 'other', label: 'content' },
    ]);
  });

  it('shows raw output only when there is no other', () => {
    const text = (raw: unknown): unknown =>
      merged({ rawOutput: raw }).content.map((item) => (item.type === 'text' ? item.text : item));
    expect(text('plain')).toEqual(['plain']);
    expect(text('')).toEqual([]);
    expect(text([{ result: 'a' }, { error: 'b' }, {}])).toEqual(['a\nb']);
    expect(text([])).toEqual([]);
    expect(text(7)).toEqual([]);
    expect(merged({ content: [said('shown')], rawOutput: 'raw' }).content).toHaveLength(1);
    let deep: unknown = 'x';
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(text(deep)).toEqual([]);
  });

  it('says what runs, from a line, an argv or several lines', () => {
    const command = (rawInput: unknown, kind = 'execute'): unknown =>
      merged({ kind, rawInput }).command;
    expect(command({ command: 'ls -l' })).toBe('ls -l');
    expect(command({ command: ['bash', '-lc', "echo 'hi'"] })).toBe(`bash -lc 'echo '\\''hi'\\'''`);
    expect(command({ cmd: 'ls' })).toBe('ls');
    expect(command({ commands: ['a', 'b', 7] })).toBe('a\nb');
    expect(command({ commands: [] })).toBeUndefined();
    expect(command({ command: 'create' }, 'edit')).toBeUndefined();
    expect(command(null)).toBeUndefined();
  });
});

describe('a tool call in its turn', () => {
  const world = () => {
    const log = eventLog();
    const folder = createFolder();
    return {
      start: (promptId: string): void => {
        folder.push(
          log.add({ type: 'prompt.queued', data: { promptId, text: '', actor: PERSON } }),
        );
        folder.push(log.add({ type: 'prompt.started', data: { promptId } }));
      },
      end: (promptId: string): void =>
        folder.push(log.add({ type: 'turn.ended', data: { promptId, stopReason: 'cancelled' } })),
      update: (
        update: { sessionUpdate: string; [key: string]: unknown },
        promptId?: string,
      ): void => folder.push(log.add({ type: 'update', data: { promptId, update } })),
      calls: (): unknown =>
        [...folder.view().turns.values()].map((turn) =>
          [...turn.toolCalls.values()].map((call) => `${call.toolCallId} ${call.status}`),
        ),
      view: () => folder.view(),
    };
  };
  const update = (toolCallId: string, status: string) => ({
    sessionUpdate: 'tool_call_update',
    toolCallId,
    status,
  });

  it('that is open when the turn ends is cancelled, until the agent says how it ended', () => {
    const w = world();
    w.start('p_1');
    w.update(update('a', 'in_progress'));
    w.update(update('b', 'completed'));
    w.end('p_1');
    expect(w.calls()).toEqual([['a cancelled', 'b completed']]);
    w.update(update('a', 'in_progress'), 'p_1');
    expect(w.calls()).toEqual([['a cancelled', 'b completed']]);
    w.update(update('a', 'failed'), 'p_1');
    expect(w.calls()).toEqual([['a failed', 'b completed']]);
  });

  it('that ends during the next turn still belongs to its own', () => {
    const w = world();
    w.start('p_1');
    w.update(update('a', 'in_progress'));
    w.view();
    w.end('p_1');
    w.start('p_2');
    w.update(update('a', 'completed'), 'p_2');
    expect(w.calls()).toEqual([['a completed'], []]);
    // An agent that counts its calls anew in each turn starts another one.
    w.update(update('a', 'in_progress'), 'p_2');
    expect(w.calls()).toEqual([['a completed'], ['a in_progress']]);
  });

  it('without an id is not shown', () => {
    const w = world();
    w.start('p_1');
    w.update({ sessionUpdate: 'tool_call', title: 'x' });
    w.update({ sessionUpdate: 'tool_call_update', title: 'x' });
    expect(w.calls()).toEqual([[]]);
  });
});
