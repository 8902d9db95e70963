/** What people see on GitHub of the recorded turns of real agents. */
import { describe, expect, it } from 'vitest';
import type { SessionId } from '../../../src/core/model/ids.ts';
import { createFolder } from '../../../src/core/transcript/fold.ts';
import { render } from '../../../src/github/renderers/render.ts';
import { recordingNames } from '../../harness/recordings.ts';
import { recordedEvents } from '../../harness/transcript-events.ts';

const sessionId = 's_1' as SessionId;
const links = {
  sessionUrl: () => 'https://threadcast.test/s_1',
  approvalUrl: () => 'https://threadcast.test/approve/1',
};
const options = { mint: () => 'token', card: () => '', links };

/** The comments of the thread, in the order in which they were opened. */
function comments(recording: string, mirror: string | null = null): readonly string[] {
  const folder = createFolder();
  for (const event of recordedEvents(recording)) folder.push(event);
  const transcript = folder.view();
  return [...transcript.turns.values()].flatMap((turn) => [
    ...[render({ kind: 'turn', sessionId, turn, transcript }, 0, null, options)].flat(),
    ...[...transcript.permissions.values()]
      .filter(({ promptId }) => promptId === turn.promptId)
      .flatMap((permission) =>
        render({ kind: 'permission', sessionId, permission, transcript }, 0, mirror, options),
      ),
  ]);
}

const read = (recording: string): string =>
  comments(recording).join('\n\n─────\n\n').replaceAll('\u200b', '');

describe('recorded turns of real agents as comments', () => {
  it.each(recordingNames())(
    '%s: within the limits, and with nothing that GitHub would act on',
    (name) => {
      for (const comment of comments(name)) {
        expect(comment.length).toBeLessThan(65_000);
        const prose = comment
          .replace(/^ *(`{3,})[^\n]*\n[\s\S]*?\n *\1 *$/gm, '')
          .replace(/`[^`\n]+`/g, '');
        expect(prose).not.toMatch(/(^|[^\w\\])@[A-Za-z0-9]/m);
        expect(prose).not.toMatch(/#\d/);
        expect(prose).not.toMatch(/!\[/);
        expect(prose).not.toMatch(/<(?!\/?(details|summary|sub)>|br>|!-- answer)[A-Za-z!/]/);
        expect((comment.match(/<details>/g) ?? []).length).toBe(
          (comment.match(/<\/details>/g) ?? []).length,
        );
      }
    },
  );

  it('claude-agent-acp.write-reject', () => {
    expect(read('claude-agent-acp.write-reject.ndjson')).toMatchInlineSnapshot(`
      "✅ **claude-agent-acp** · done · 0 s · [session page](https://threadcast.test/s_1)

      > Create the file. \\[\\[stub:write path=/workspace/repo/hello.txt\\]\\]
      > — ada (web)

      Stub will use Write.

      Stub done after 1 tool result(s). Last result began: "User refused permission to run tool"

      <details>
      <summary>1 step</summary>

      - ✏️ \`Write hello.txt\` +1 −0 · failed

      \`/workspace/repo/hello.txt\` (new file) +1 −0

      \`\`\`diff
      +hello from the stub
      \`\`\`

      </details>

      <sub>1,276 of 1,000,000 tokens of context · 0.0173 USD</sub>

      ─────

      ⛔ Denied by **ada** (1970-01-01 00:00 UTC) · \`Write hello.txt\`"
    `);
  });

  it('claude-agent-acp.plan-allow', () => {
    expect(read('claude-agent-acp.plan-allow.ndjson')).toMatchInlineSnapshot(`
      "✅ **claude-agent-acp** · done · 0 s · [session page](https://threadcast.test/s_1)

      > Make a plan. \\[\\[stub:plan\\]\\]
      > — ada (web)

      Stub: no tool for "plan" among: Agent, Bash, Edit, ListAgents, Read, ReportFindings, ScheduleWakeup, Skill, ToolSearch, Workflow, DeferredToolPlaceholder, Write

      <sub>1,276 of 1,000,000 tokens of context · 0.0116 USD</sub>"
    `);
  });

  it('claude-agent-acp.shell-allow', () => {
    expect(read('claude-agent-acp.shell-allow.ndjson')).toMatchInlineSnapshot(`
      "✅ **claude-agent-acp** · done · 0 s · [session page](https://threadcast.test/s_1)

      > Run the command. \\[\\[stub:shell cmd="echo hi > out.txt; echo hi"\\]\\]
      > — ada (web)

      Stub will use Bash.

      Stub done after 1 tool result(s). Last result began: "hi"

      <details>
      <summary>1 step</summary>

      - ▶️ \`echo hi > out.txt; echo hi\`

      </details>

      <sub>1,276 of 1,000,000 tokens of context · 0.0173 USD</sub>

      ─────

      ✅ Allowed by **ada** (1970-01-01 00:00 UTC) · \`echo hi > out.txt; echo hi\`"
    `);
  });
});
