import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/core/model/events.ts';
import { createFolder, emptyTranscript, fold } from '../../../src/core/transcript/fold.ts';
import { turnText } from '../../../src/core/transcript/text.ts';
import { recordingNames } from '../../harness/recordings.ts';
import { outline, recordedEvents } from '../../harness/transcript-events.ts';

function folded(events: readonly SessionEvent[]): ReturnType<typeof emptyTranscript> {
  const folder = createFolder();
  for (const event of events) folder.push(event);
  return folder.view();
}

/** The agent's text of a prompt as it came over the wire, history left out. */
function said(events: readonly SessionEvent[], promptId: string): string {
  let text = '';
  for (const event of events) {
    if (event.type !== 'update' || event.data.promptId !== promptId || event.data.replay) continue;
    if (event.data.update.sessionUpdate !== 'agent_message_chunk') continue;
    text += (event.data.update['content'] as { readonly text?: string }).text ?? '';
  }
  return text;
}

const squeezed = (text: string): string => text.replaceAll(/\s+/g, '');

describe('every recording of a real agent', () => {
  it('is there', () => {
    expect(recordingNames()).toHaveLength(56);
  });

  it.each(recordingNames())('%s folds to turns that are ended and complete', (name) => {
    const events = recordedEvents(name);
    const transcript = folded(events);
    const prompts = events.flatMap((e) => (e.type === 'prompt.queued' ? e.data.promptId : []));
    expect([...transcript.turns.keys()]).toEqual(prompts);
    expect(prompts.length).toBeGreaterThan(0);
    expect(transcript.queue).toEqual([]);
    expect(transcript.seq).toBe(events.length);
    for (const turn of transcript.turns.values()) {
      expect(['done', 'stopped', 'failed']).toContain(turn.state);
      for (const call of turn.toolCalls.values()) {
        expect(['completed', 'failed', 'cancelled']).toContain(call.status);
      }
      // Text: nothing lost, nothing twice, nothing of the replayed history.
      expect(squeezed(turnText(turn))).toBe(squeezed(said(events, turn.promptId)));
      const shown = turn.parts.flatMap((p) => (p.type === 'tool_call' ? p.toolCallId : []));
      expect(shown).toEqual([...turn.toolCalls.keys()]);
      expect(new Set(shown).size).toBe(shown.length);
    }
    for (const permission of transcript.permissions.values()) {
      expect(permission.outcome).not.toBeNull();
      const turn = transcript.turns.get(permission.promptId as never);
      expect(turn?.toolCalls.has(permission.toolCall.toolCallId)).toBe(true);
    }
  });

  it.each(recordingNames())('%s folds the same one event at a time, and twice over', (name) => {
    const events = recordedEvents(name);
    const whole = folded(events);
    const stepwise = events.reduce(fold, emptyTranscript());
    expect(stepwise).toEqual(whole);
    expect(events.reduce(fold, stepwise)).toBe(stepwise);
  });
});

describe('what a person sees of', () => {
  const see = (name: string): string => outline(folded(recordedEvents(`${name}.ndjson`)));
  it('an allowed write by Claude Code', () => {
    expect(see('claude-agent-acp')).toMatchInlineSnapshot(`
      "claude-agent-acp "Create the file. [[stub:write path=/workspace/repo/hello.txt]]"
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [done] (end_turn)
      message: Stub will use Write.
      edit "Write hello.txt" completed
        asked k1: Yes
        diff /workspace/repo/hello.txt: null -> "hello from the stub\\n"
        text "File created successfully at: /workspace/repo/hello.txt (file state is current in your context — no need to Read it back)"
      message: Stub done after 1 tool result(s). Last result began: "File created successfully at: /workspace/repo/…"
    `);
  });

  it('a loaded session of Claude Code', () => {
    expect(see('claude-agent-acp.load-allow')).toMatchInlineSnapshot(`
      "claude-agent-acp "Create the file. [[stub:write path=/workspace/repo/hello.txt]]"
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [done] (end_turn)
      message: Stub will use Write.
      edit "Write hello.txt" completed
        asked k1: Yes
        diff /workspace/repo/hello.txt: null -> "hello from the stub\\n"
        text "File created successfully at: /workspace/repo/hello.txt (file state is current in your context — no need to Read it back)"
      message: Stub done after 1 tool result(s). Last result began: "File created successfully at: /workspace/repo/…
      > Say something. [[stub:text]]
      [done] (end_turn)
      message: Stub reply."
    `);
  });

  it('a command of Claude Code', () => {
    expect(see('claude-agent-acp.shell-allow')).toMatchInlineSnapshot(`
      "claude-agent-acp "Run the command. [[stub:shell cmd="echo hi > out.txt; echo hi"]]"
      > Run the command. [[stub:shell cmd="echo hi > out.txt; echo hi"]]
      [done] (end_turn)
      message: Stub will use Bash.
      execute "echo hi > out.txt; echo hi" completed $ echo hi > out.txt; echo hi
        asked k1: Yes
        text "\`\`\`console\\nhi\\n\`\`\`"
      message: Stub done after 1 tool result(s). Last result began: "hi""
    `);
  });

  it('a command of Cline', () => {
    expect(see('cline.shell-allow')).toMatchInlineSnapshot(`
      "cline
      > Run the command. [[stub:shell cmd="echo hi > out.txt; echo hi"]]
      [done] (end_turn)
      message: Stub will use run_commands.
      execute "run_commands: echo hi > out.txt; echo hi" completed $ echo hi > out.txt; echo hi
        asked k1: Allow once
        text "hi\\n"
      message: Stub done after 1 tool result(s). Last result began: "[{\\"query\\":\\"echo hi > out.txt; echo hi\\",\\"r…"
    `);
  });

  it('a stopped turn of Cline', () => {
    expect(see('cline.write-cancel')).toMatchInlineSnapshot(`
      "cline
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [stopped] (cancelled)
      message: Stub will use apply_patch.
      other "apply_patch: {"input":"*** Begin Patch\\n*** Add File: /opt/agents/runs/..." failed
        asked k1: cancelled
        text "{\\"error\\":\\"Permission request was cancelled -- NOT a tool or system failure. Clarify with user before proceeding.\\"}"
      > Say something. [[stub:text]]
      [done] (end_turn)
      message: Stub reply."
    `);
  });

  it('an allowed write by Codex', () => {
    expect(see('codex-acp')).toMatchInlineSnapshot(`
      "codex-acp "Create the file. [[stub:write path=/workspace/repo/hello.txt]]"
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [done] (end_turn)
      message: Stub will use apply_patch.
      edit "Edit files" completed
        asked k1: Yes, proceed
        diff /workspace/repo/hello.txt: null -> "hello from the stub\\n"
      message: Stub done after 1 tool result(s). Last result began: "Exit code: 0\\nWall time: 0 seconds\\nOutput:\\nS…"
    `);
  });

  it('a command of Codex', () => {
    expect(see('codex-acp.shell-allow')).toMatchInlineSnapshot(`
      "codex-acp "Run the command. [[stub:shell cmd="echo hi > out.txt; echo hi"]]"
      > Run the command. [[stub:shell cmd="echo hi > out.txt; echo hi"]]
      [done] (end_turn)
      message: Stub will use exec_command.
      execute "echo hi > out.txt; echo hi" completed $ echo hi > out.txt; echo hi
        asked k1: Yes, proceed
        terminal "hi\\n"
      message: Stub done after 1 tool result(s). Last result began: "Chunk ID: a2577c\\nWall time: 0.0000 seconds\\nP…"
    `);
  });

  it('a refused write by Codex', () => {
    expect(see('codex-acp.write-reject')).toMatchInlineSnapshot(`
      "codex-acp
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [stopped] (cancelled)
      message: Stub will use apply_patch.
      edit "Edit files" cancelled
        asked k1: No, and tell Codex what to do differently
        diff /workspace/repo/hello.txt: null -> "hello from the stub\\n""
    `);
  });

  it('a refused write by Copilot', () => {
    expect(see('copilot.write-reject')).toMatchInlineSnapshot(`
      "copilot "Create the file. [[stub:write path=/workspace/repo/hello.txt]]"
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [done] (end_turn)
      message: Stub will use create.
      edit "Create file" failed
        asked k1: Deny
        diff /workspace/repo/hello.txt: "" -> "hello from the stub\\n"
        text "The user rejected this tool call."
      message: Info: Operation cancelled by user"
    `);
  });

  it('a plan of Copilot', () => {
    expect(see('copilot.plan-allow')).toMatchInlineSnapshot(`
      "copilot "Make a plan. [[stub:plan]]"
      > Make a plan. [[stub:plan]]
      [done] (end_turn)
      message: Stub: no tool for "plan" among: bash, read_bash, stop_bash, list_bash, view, create, edit, sql, read…"
    `);
  });

  it('a loaded session of Gemini', () => {
    expect(see('gemini.load-allow')).toMatchInlineSnapshot(`
      "gemini
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [done] (end_turn)
      message: Stub will use write_file.
      edit "Writing to hello.txt" completed
        asked k1: Allow
        diff /workspace/repo/hello.txt: "" -> "hello from the stub\\n"
      message: Stub done after 1 tool result(s). Last result began: "{\\"output\\":\\"Successfully created and wrote t…
      > Say something. [[stub:text]]
      [done] (end_turn)
      message: Stub reply."
    `);
  });

  it('a thinking Gemini', () => {
    expect(see('gemini.think-allow')).toMatchInlineSnapshot(`
      "gemini
      > Think. [[stub:think]]
      [done] (end_turn)
      thought: ****
      message: Stub reply after thinking."
    `);
  });

  it('a stopped turn of Kilo Code', () => {
    expect(see('kilocode.write-cancel')).toMatchInlineSnapshot(`
      "kilocode
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [stopped] (cancelled)
      edit "write" failed
        asked k1: cancelled
        diff /workspace/repo/hello.txt: "" -> "hello from the stub\\n"
        text "Tool execution aborted"
      message: Stub will use write.
      > Say something. [[stub:text]]
      [done] (end_turn)
      message: Stub reply."
    `);
  });

  it('an allowed write by OpenCode', () => {
    expect(see('opencode')).toMatchInlineSnapshot(`
      "opencode
      > Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      [done] (end_turn)
      message: Stub will use write.
      edit "hello.txt" completed
        asked k1: Allow once
        diff /workspace/repo/hello.txt: "" -> "hello from the stub\\n"
        text "Wrote file successfully."
      message: Stub done after 1 tool result(s). Last result began: "Wrote file successfully.""
    `);
  });

  it('a command of pi, which never asks', () => {
    expect(see('pi.shell-allow')).toMatchInlineSnapshot(`
      "pi
      > Run the command. [[stub:shell cmd="echo hi > out.txt; echo hi"]]
      [done] (end_turn)
      message: Stub will use bash.
      execute "echo hi > out.txt; echo hi" completed
        terminal "hi\\n"
      message: Stub done after 1 tool result(s). Last result began: "hi\\n""
    `);
  });
});
