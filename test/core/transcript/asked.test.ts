import { describe, expect, it } from 'vitest';
import { createFolder } from '../../../src/core/transcript/fold.ts';
import { directoryOf, subjectOf } from '../../../src/core/transcript/asked.ts';
import type { PermissionView } from '../../../src/core/model/transcript.ts';
import { eventLog, recordedEvents } from '../../harness/transcript-events.ts';
import { recordingNames } from '../../harness/recordings.ts';

function asked(toolCall: Readonly<Record<string, unknown>>): PermissionView {
  const { add } = eventLog();
  const folder = createFolder();
  folder.push(
    add({
      type: 'permission.requested',
      data: {
        requestId: 'r_1',
        promptId: null,
        code: 'k7',
        toolCallId: 'c1',
        title: 'x',
        kind: null,
        toolCall: { toolCallId: 'c1', ...toolCall },
        options: [],
        expiresAt: 1,
      },
    }),
  );
  const [view] = folder.view().permissions.values();
  if (view === undefined) throw new Error('Nothing was asked');
  return view;
}

const runs = (rawInput: unknown): readonly string[] =>
  subjectOf(asked({ title: 'ls', kind: 'execute', rawInput })).texts;

const diff = { type: 'diff', path: '/w/a.ts', oldText: 'one\ntwo\n', newText: 'one\n2\n' };
const edits = (rawInput: unknown): readonly string[] =>
  subjectOf(asked({ title: 'Edit', kind: 'edit', content: [diff], rawInput })).texts;

describe('what a permission is asked for', () => {
  it('is besides the command whatever else changes what runs', () => {
    const rest = {
      command: 'ls',
      cwd: '/w',
      env: { LD_PRELOAD: '/tmp/x.so' },
      timeout: 600_000,
      run_in_background: false,
      url: 'https://evil.example',
      description: 'Lists files\ntimeout: 1',
      nothing: null,
    };
    expect(runs(rest)).toMatchInlineSnapshot(`
      [
        "env: {"LD_PRELOAD":"/tmp/x.so"}
      timeout: 600000
      run_in_background: false
      url: https://evil.example
      description: "Lists files\\ntimeout: 1"",
      ]
    `);
    expect(directoryOf(asked({ kind: 'execute', rawInput: rest }))).toBe('/w');
  });

  it('is nothing twice: the command in other words of the same input, the title, the directory', () => {
    expect(runs({ command: 'ls', commands: ['ls'], cwd: '/w', description: 'ls' })).toEqual([]);
    expect(runs({ command: ['ls', '-l'], cmd: 'ls -l' })).toEqual([]);
  });

  it('is a second command and a second directory as well', () => {
    expect(runs({ command: 'ls', cmd: 'rm -rf /', cwd: '/w', workdir: '/etc' })).toEqual([
      'cmd: rm -rf /\nworkdir: /etc',
    ]);
    expect(runs({ command: 'ls', cwd: '/w\n/etc' })).toEqual(['cwd: "/w\\n/etc"']);
  });

  it('is the raw input whatever its shape, where there is no command and no diff', () => {
    expect(runs(['a', 1])).toEqual(['[\n  "a",\n  1\n]']);
    expect(runs('a')).toEqual(['"a"']);
    expect(runs({})).toEqual([]);
    expect(runs(undefined)).toEqual([]);
  });

  it('is not the text of an edit again that the diff shows', () => {
    expect(
      edits({ file_path: '/w/a.ts', old_string: 'one\ntwo\n', new_string: 'one\n2\n' }),
    ).toEqual([]);
    const patch = '--- /w/a.ts\n+++ /w/a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n';
    expect(edits({ filepath: '/w/a.ts', diff: `Index: /w/a.ts\n===\n${patch}` })).toEqual([]);
    const filediff = { file: '/w/a.ts', patch, additions: 1, deletions: 1 };
    expect(edits({ filepath: '/w/a.ts', diff: patch, filediff })).toEqual([]);
  });

  it('is what an edit would do otherwise than its diff says', () => {
    expect(edits({ file_path: '/etc/passwd', new_string: 'one\n2\n' })).toEqual([
      'file_path: /etc/passwd',
    ]);
    expect(edits({ file_path: '/w/a.ts', replace_all: true })).toEqual(['replace_all: true']);
    expect(edits({ diff: '--- /w/b.ts\n+++ /w/b.ts\n@@ -1 +1 @@\n-two\n+2\n' })).toHaveLength(1);
    expect(edits({ diff: '-two\n+2\n+3\n' })).toHaveLength(1);
    expect(edits({ diff: '-two\n+2\nrename to /etc/passwd\n' })).toHaveLength(1);
    expect(edits({ content: 'two\none\n' })).toHaveLength(1);
    expect(edits({ changes: { '/etc/passwd': { content: 'one\n2\n' } } })).toHaveLength(1);
  });

  it.each(recordingNames())('says nothing twice of what %s asked', (name) => {
    const folder = createFolder();
    for (const event of recordedEvents(name)) folder.push(event);
    const subjects = [...folder.view().permissions.values()].map(subjectOf);
    const besides = subjects.flatMap(({ command, diffs, texts }) =>
      command !== undefined || diffs.length > 0 ? texts : [],
    );
    expect(besides.filter((text) => /^(command|diff|file|content)/m.test(text))).toEqual([]);
  });
});
