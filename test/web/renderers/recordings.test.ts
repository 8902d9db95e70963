import { describe, expect, it } from 'vitest';
import { createActionTokens } from '../../../src/core/access/action-token.ts';
import type { SessionId } from '../../../src/core/model/ids.ts';
import { createFolder } from '../../../src/core/transcript/fold.ts';
import { createWebSurface } from '../../../src/web/client/web-surface.ts';
import { createManualClock } from '../../harness/manual-clock.ts';
import { createMemoryThreads } from '../../harness/memory-threads.ts';
import { createMemoryWakeBus } from '../../harness/memory-wake-bus.ts';
import { recordingNames } from '../../harness/recordings.ts';
import { recordedEvents } from '../../harness/transcript-events.ts';
import { readHtml } from '../read-html.ts';
import { createMemoryHosted } from '../stage.ts';

const surface = createWebSurface({
  hosted: createMemoryHosted(),
  threads: createMemoryThreads(),
  wakeBus: createMemoryWakeBus(),
  actionTokens: createActionTokens({ key: new Uint8Array(32) }),
  clock: createManualClock(),
});
const sessionId = 's_1' as SessionId;

/** The messages of the thread, in the order in which they were opened. */
function messages(recording: string): readonly string[] {
  const folder = createFolder();
  for (const event of recordedEvents(recording)) folder.push(event);
  const transcript = folder.view();
  return [...transcript.turns.values()].flatMap((turn) => [
    surface.render({ kind: 'turn', sessionId, turn, transcript }, 0),
    ...[...transcript.permissions.values()]
      .filter(({ promptId }) => promptId === turn.promptId)
      .map((permission) =>
        surface.render({ kind: 'permission', sessionId, permission, transcript }, 0),
      ),
  ]);
}

const read = (recording: string): string => messages(recording).map(readHtml).join('\n───\n');

describe('what a person sees of the recorded turns of real agents', () => {
  it.each(recordingNames())('%s shows as messages that hold nothing that could run', (name) => {
    const html = messages(name).join('');
    expect(html).not.toMatch(
      /<(?!\/?(section|header|footer|span|form|button|svg|use|div|p|ol|ul|li|details|summary|pre|code|figure|figcaption|time|a|em|strong|table|thead|tbody|tr|td|th|blockquote|h[1-6]|hr|br|s|h3)\b)/,
    );
    expect(html).not.toMatch(/\son\w+=|javascript:|style=/i);
  });

  it('claude-agent-acp.write-reject', () => {
    expect(read('claude-agent-acp.write-reject.ndjson')).toMatchInlineSnapshot(`
      "claude-agent-acp done 0 s 00:00 UTC
      Stub will use Write.
      ▸  Write hello.txt +1 −0 failed
        /workspace/repo/hello.txt new file +1 −0
        +hello from the stub
        User refused permission to run tool
      Stub done after 1 tool result(s). Last result began: "User refused permission to run tool"
      1,276 of 1,000,000 tokens of context · 0.0173 USD
      ───
      Denied by You · No · 00:00 UTC Write hello.txt"
    `);
  });

  it('cline.shell-allow', () => {
    expect(read('cline.shell-allow.ndjson')).toMatchInlineSnapshot(`
      "cline done 0 s 00:00 UTC
      Stub will use run_commands.
      ▸  run_commands: echo hi > out.txt; echo hi (done)
        echo hi > out.txt; echo hi
        hi
      Stub done after 1 tool result(s). Last result began: "[{"query":"echo hi > out.txt; echo hi","result":"hi\\n","success":true}]"
      ───
      Allowed by You · Allow once · 00:00 UTC echo hi > out.txt; echo hi"
    `);
  });

  it('codex-acp.shell-allow', () => {
    expect(read('codex-acp.shell-allow.ndjson')).toMatchInlineSnapshot(`
      "codex-acp done 0 s 00:00 UTC
      Stub will use exec_command.
      ▸  echo hi > out.txt; echo hi (done)
        hi
      Stub done after 1 tool result(s). Last result began: "Chunk ID: a2577c\\nWall time: 0.0000 seconds\\nProcess exited with code 0\\nOriginal t"
      1,276 of 258,400 tokens of context
      ───
      Allowed by You · Yes, proceed · 00:00 UTC echo hi > out.txt; echo hi"
    `);
  });

  it('copilot.plan-allow', () => {
    expect(read('copilot.plan-allow.ndjson')).toMatchInlineSnapshot(`
      "copilot done 0 s 00:00 UTC
      Stub: no tool for "plan" among: bash, read_bash, stop_bash, list_bash, view, create, edit, sql, read_agent, list_agents, write_agent, grep, glob, task
      8,699 of 128,000 tokens of context"
    `);
  });

  it('gemini.write-cancel', () => {
    expect(read('gemini.write-cancel.ndjson')).toMatchInlineSnapshot(`
      "gemini stopped 0 s 00:00 UTC
      Stub will use write_file.
      ▸  Writing to hello.txt +1 −0 cancelled
        /workspace/repo/hello.txt +1 −0
        +hello from the stub
       [Retry]
      ───
      Closed unanswered: the turn ended first · 00:00 UTC Writing to hello.txt
      ───
      gemini done 0 s 00:00 UTC
      Stub reply."
    `);
  });

  it('kilocode.write-reject', () => {
    expect(read('kilocode.write-reject.ndjson')).toMatchInlineSnapshot(`
      "kilocode done 0 s 00:00 UTC
      Stub will use write.
      ▸  write +1 −0 failed
        /workspace/repo/hello.txt +1 −0
        +hello from the stub
        The user rejected permission to use this specific tool call.
      1,234 of 200,000 tokens of context
      ───
      Denied by You · Reject · 00:00 UTC /workspace/repo/hello.txt"
    `);
  });

  it('opencode.plan-allow', () => {
    expect(read('opencode.plan-allow.ndjson')).toMatchInlineSnapshot(`
      "opencode done 0 s 00:00 UTC
      Stub will use todowrite.
      ▸  2 todos (done)
        [
          {
            "content": "Stub step one",
            "status": "medium",
            "priority": "medium"
          },
          {
            "content": "Stub step two",
            "status": "medium",
            "priority": "medium"
          }
        ]
      Stub done after 1 tool result(s). Last result began: "[\\n {\\n "content": "Stub step one",\\n "status": "medium",\\n "priority": "m"
      1,234 of 200,000 tokens of context"
    `);
  });

  it('pi.shell-allow', () => {
    expect(read('pi.shell-allow.ndjson')).toMatchInlineSnapshot(`
      "pi done 0 s 00:00 UTC
      Stub will use bash.
      ▸  echo hi > out.txt; echo hi (done)
        hi
      Stub done after 1 tool result(s). Last result began: "hi\\n"
      1,276 of 200,000 tokens of context"
    `);
  });

  it('codex-acp.plan-allow', () => {
    expect(read('codex-acp.plan-allow.ndjson')).toMatchInlineSnapshot(`
      "codex-acp done 0 s 00:00 UTC
      Stub: no tool for "plan" among: exec_command, write_stdin, request_user_input, apply_patch, view_image, get_goal, create_goal, update_goal
      1,276 of 258,400 tokens of context"
    `);
  });

  it.each(recordingNames().filter((name) => name.includes('reject')))(
    '%s: its request can be answered on the page while it waits',
    (name) => {
      const html = pending(name);
      // pi never asks.
      expect(html?.match(/name="token"/g)?.length ?? 0).toBeGreaterThan(
        name.startsWith('pi.') ? -1 : 1,
      );
    },
  );

  it('a request of Claude that waits', () => {
    expect(readHtml(pending('claude-agent-acp.write-reject.ndjson') ?? '')).toMatchInlineSnapshot(`
      "claude-agent-acp wants to change a file
      k1
      Write hello.txt
      /workspace/repo/hello.txt new file +1 −0
      +hello from the stub
       [Yes]  [Yes, allow all edits during this session]  [No]
      edit · asked for by You · expires ⏱ at 00:30 UTC · or type /approve k1 or /deny k1"
    `);
  });

  it('a request of Codex that waits', () => {
    expect(readHtml(pending('codex-acp.write-reject.ndjson') ?? '')).toMatchInlineSnapshot(`
      "codex-acp wants to change a file
      k1
      Edit files
      /workspace/repo/hello.txt new file +1 −0
      +hello from the stub
       [Yes, proceed]  [Yes, and don't ask again for these files]  [No, and tell Codex what to do differently]
      edit · asked for by You · expires ⏱ at 00:30 UTC · or type /approve k1 or /deny k1"
    `);
  });
});

/** The permission message before it was answered; null when the agent did not ask (pi). */
function pending(recording: string): string | null {
  const events = recordedEvents(recording);
  const folder = createFolder();
  const end = events.findIndex(({ type }) => type === 'permission.resolved');
  for (const event of events.slice(0, end)) folder.push(event);
  const transcript = folder.view();
  const [permission] = transcript.permissions.values();
  return permission === undefined
    ? null
    : surface.render({ kind: 'permission', sessionId, permission, transcript }, 0);
}
