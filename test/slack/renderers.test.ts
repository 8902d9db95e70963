/** What people see of the recorded turns of real agents, and of hostile text. */
import { describe, expect, it } from 'vitest';
import { createActionTokens } from '../../src/core/access/action-token.ts';
import type { SessionId } from '../../src/core/model/ids.ts';
import { createFolder } from '../../src/core/transcript/fold.ts';
import { createMintToken } from '../../src/slack/actions.ts';
import { readBody, writeBody, type SlackBody } from '../../src/slack/renderers/body.ts';
import { safeMarkdown, toMrkdwn } from '../../src/slack/renderers/mrkdwn.ts';
import { renderNotice } from '../../src/slack/renderers/notice.ts';
import { renderPermission } from '../../src/slack/renderers/permission.ts';
import { withoutPlans } from '../../src/slack/renderers/steps.ts';
import { renderTurn } from '../../src/slack/renderers/turn.ts';
import { BLOCK_LIMITS, checkBlocks } from '../harness/fake-slack/blocks.ts';
import { recordingNames } from '../harness/recordings.ts';
import { recordedEvents } from '../harness/transcript-events.ts';
import { key } from './bench.ts';

const sessionId = 's_1' as SessionId;
const mint = createMintToken(createActionTokens({ key: key(7) }));

/** Messages of the thread, in the order in which they were opened. */
function messages(recording: string, answered = true): readonly SlackBody[] {
  const folder = createFolder();
  for (const event of recordedEvents(recording)) {
    if (!answered && event.type === 'permission.resolved') break;
    folder.push(event);
  }
  const transcript = folder.view();
  return [
    ...[...transcript.turns.values()].flatMap((turn) => [
      ...renderTurn({ kind: 'turn', sessionId, turn, transcript }, turn.lastEventAt, undefined),
    ]),
    ...[...transcript.permissions.values()].map((permission) =>
      renderPermission({ kind: 'permission', sessionId, permission, transcript }, mint),
    ),
  ];
}

const plain = (body: SlackBody): unknown => ({
  text: body.text,
  blocks: JSON.parse(JSON.stringify(body.blocks).replace(/"value":"[\w.-]+"/g, '"value":"…"')),
});

describe('what Slack shows of the recorded turns of real agents', () => {
  it.each(recordingNames())('%s keeps the limits of Block Kit', (name) => {
    for (const body of [...messages(name), ...messages(name, false)]) {
      expect(checkBlocks(body.blocks, 'message', BLOCK_LIMITS)).toMatchObject({ ok: true });
      expect(body.text.length).toBeLessThanOrEqual(4_000);
      expect(body.text).not.toBe('');
      expect(readBody(writeBody(body))).toEqual(body);
    }
  });

  it('claude-agent-acp.write-reject', () => {
    expect(messages('claude-agent-acp.write-reject.ndjson').map(plain)).toMatchInlineSnapshot(`
      [
        {
          "blocks": [
            {
              "elements": [
                {
                  "text": "✅ *claude-agent-acp* · done · 0 s",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
            {
              "elements": [
                {
                  "text": "> Create the file. [[stub:write path=/workspace/repo/hello.txt]]
      ada · web",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
            {
              "text": "Stub will use Write.

      Stub done after 1 tool result(s). Last result began: "User refused permission to run tool"",
              "type": "markdown",
            },
            {
              "elements": [
                {
                  "text": "1,276 of 1,000,000 tokens of context · 0.0173 USD",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
            {
              "tasks": [
                {
                  "output": {
                    "elements": [
                      {
                        "elements": [
                          {
                            "text": "User refused permission to run tool",
                            "type": "text",
                          },
                        ],
                        "type": "rich_text_preformatted",
                      },
                    ],
                    "type": "rich_text",
                  },
                  "status": "error",
                  "task_id": "call 0",
                  "title": "📝 Write hello.txt +1 −0",
                  "type": "task_card",
                },
              ],
              "title": "1 step",
              "type": "plan",
            },
          ],
          "text": "✅ *claude-agent-acp* · done · 0 s
      Stub will use Write.

      Stub done after 1 tool result(s). Last result began: "User refused permission to run tool"
      1,276 of 1,000,000 tokens of context · 0.0173 USD",
        },
        {
          "blocks": [
            {
              "elements": [
                {
                  "text": "🚫 Denied by ada · <!date^0^{time}|00:00 UTC> · \`Write hello.txt\` \`k1\`",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
          ],
          "text": "🚫 Denied by ada · <!date^0^{time}|00:00 UTC> · \`Write hello.txt\` \`k1\`",
        },
      ]
    `);
  });

  it('codex-acp.shell-allow, while it waits', () => {
    expect(messages('codex-acp.shell-allow.ndjson', false).map(plain)).toMatchInlineSnapshot(`
      [
        {
          "blocks": [
            {
              "elements": [
                {
                  "text": "✋ *codex-acp* · waiting for you · 0 s",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
            {
              "elements": [
                {
                  "text": "> Run the command. [[stub:shell cmd="echo hi &gt; out.txt; echo hi"]]
      ada · web",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
            {
              "elements": [
                {
                  "text": "💻 echo hi &gt; out.txt; echo hi · running",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
            {
              "text": "Stub will use exec_command.",
              "type": "markdown",
            },
          ],
          "text": "✋ *codex-acp* · waiting for you · 0 s
      Stub will use exec_command.",
        },
        {
          "blocks": [
            {
              "text": {
                "text": "✋ *codex-acp* wants to run a command \`k1\`",
                "type": "mrkdwn",
              },
              "type": "section",
            },
            {
              "elements": [
                {
                  "elements": [
                    {
                      "text": "echo hi > out.txt; echo hi",
                      "type": "text",
                    },
                  ],
                  "type": "rich_text_preformatted",
                },
              ],
              "type": "rich_text",
            },
            {
              "elements": [
                {
                  "action_id": "permission:0",
                  "style": "primary",
                  "text": {
                    "emoji": false,
                    "text": "Yes, proceed",
                    "type": "plain_text",
                  },
                  "type": "button",
                  "value": "…",
                },
                {
                  "action_id": "permission:1",
                  "text": {
                    "emoji": false,
                    "text": "Yes, and don't ask again for commands that start with \`echo hi > out.txt; …",
                    "type": "plain_text",
                  },
                  "type": "button",
                  "value": "…",
                },
                {
                  "action_id": "permission:2",
                  "style": "danger",
                  "text": {
                    "emoji": false,
                    "text": "No, and tell Codex what to do differently",
                    "type": "plain_text",
                  },
                  "type": "button",
                  "value": "…",
                },
              ],
              "type": "actions",
            },
            {
              "elements": [
                {
                  "text": "“…” Yes, and don't ask again for commands that start with ​\`​echo hi &gt; out.txt; echo hi​\`​",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
            {
              "elements": [
                {
                  "text": "asked for by ada · in \`/workspace/repo\` · expires <!date^1800^{time}|at 00:30 UTC> · or mention me with \`approve k1\` or \`deny k1\`",
                  "type": "mrkdwn",
                },
              ],
              "type": "context",
            },
          ],
          "text": "✋ *codex-acp* wants to run a command \`k1\`
      \`echo hi &gt; out.txt; echo hi\`
      or mention me with \`approve k1\` or \`deny k1\`",
        },
      ]
    `);
  });
});

describe('text of an agent', () => {
  it('mentions nobody and loads nothing', () => {
    const hostile =
      'Hi <!channel> <@U0123456789> <#C012345678> @here ![x](https://evil.test/p.png) <!subteam^S1>';
    expect(toMrkdwn(hostile)).not.toMatch(/<[!@#]/);
    expect(toMrkdwn(hostile)).not.toMatch(/@(channel|here|everyone)/);
    expect(safeMarkdown(hostile)).not.toMatch(/<[!@#]|@here|!\[/);
    expect(safeMarkdown(`\`\`\`\n${hostile}\n\`\`\``)).not.toMatch(/<[!@#]|@here/);
  });

  it.each([
    ['[https://bank.test](https://evil.test/x)', 'https://bank.test (evil.test)'],
    ['[bank.com](https://evil.test/x)', 'bank.com (evil.test)'],
    ['[www.bank.test](https://bank.test/x)', 'www.bank.test'],
    ['[README.md](https://a.test/README.md)', 'README.md'],
    ['[the docs](https://a.test/)', 'the docs'],
  ])('a link says where it leads: %s', (link, label) => {
    expect(toMrkdwn(link)).toMatch(
      new RegExp(`^<https://[^|]+\\|${label.replace(/[().]/g, '\\$&')}>$`),
    );
    expect(safeMarkdown(link).startsWith(`[${label}](https://`)).toBe(true);
  });

  it('cannot write a link of Slack, nor one that we keep in mind meanwhile', () => {
    const hostile = '<https://evil.test|https://bank.test> \uE0000\uE001 [a](https://a.test/)';
    expect(safeMarkdown(hostile)).toContain('<\u200Bhttps://evil.test|');
    expect(toMrkdwn(hostile).match(/<https:/g)).toEqual(['<https:']);
  });

  it('reads as Slack writes it', () => {
    expect(
      toMrkdwn(
        '<details><summary>More</summary>\n</details>\n# Title\n**bold** and *it* ~~no~~ [docs](https://a.test/x?a=1&b=2)\n- one\n> said\n`a < b`\n```ts\nif (a < b && *c*) {}\n```',
      ),
    ).toMatchInlineSnapshot(`
      "*More*
      *Title*
      *bold* and _it_ ~no~ <https://a.test/x?a=1&amp;b=2|docs>
      • one
      > said
      \`a &lt; b\`
      \`\`\`
      if (a &lt; b &amp;&amp; *c*) {}
      \`\`\`"
    `);
  });

  it('a notice keeps its links and loses its mentions', () => {
    const view = { kind: 'notice', tone: 'error', markdown: 'No **x** for <!here>.' } as const;
    const { text } = renderNotice(view, () => undefined);
    expect(text.replaceAll('\u200B', '·')).toBe('⚠️ No *x* for &lt;!here&gt;.');
  });
});

describe('a turn with more of everything than Slack shows', () => {
  it.each([null, 1])('keeps the limits of one message (ended: %s)', (endedAt) => {
    const long = (text: string): string => `${text} <&> `.repeat(400);
    const calls = Array.from({ length: 40 }, (_, at) => ({
      toolCallId: `${at}`.repeat(300),
      title: long('npm test'),
      kind: 'execute',
      status: 'failed',
      content: [{ type: 'text', text: long('2 of 40 tests fail') }],
      locations: [],
    }));
    const actor = { surface: 'web', id: '1', name: long('ann'), kind: 'person' };
    const turn = {
      promptId: 'p_1',
      text: long('mend it'),
      actor,
      state: endedAt === null ? 'working' : 'failed',
      position: null,
      reason: long('It broke.'),
      stopReason: 'failed',
      parts: [
        ...calls.map(({ toolCallId }) => ({ type: 'tool_call', toolCallId })),
        ...Array.from({ length: 60 }, () => ({ type: 'notice', text: long('Careful') })),
        { type: 'message', messageId: null, text: long('Words') },
      ],
      toolCalls: new Map(calls.map((call) => [call.toolCallId, call])),
      plan: Array.from({ length: 60 }, () => ({ content: long('Step'), status: 'in_progress' })),
      usage: null,
      queuedAt: 0,
      startedAt: 0,
      endedAt,
      lastEventAt: 0,
    };
    const transcript = { agentName: long('Example'), turns: new Map(), ended: false };
    const view = { kind: 'turn', sessionId, turn, transcript } as unknown as Parameters<
      typeof renderTurn
    >[0];
    for (const body of renderTurn(view, 1, undefined)) {
      expect(checkBlocks(body.blocks, 'message', BLOCK_LIMITS)).toEqual({ ok: true });
      expect(checkBlocks(withoutPlans(body.blocks), 'message', BLOCK_LIMITS)).toEqual({ ok: true });
      expect(JSON.stringify(body.blocks).includes('in_progress')).toBe(false);
    }
  });
});

describe('an answer of 200 kB', () => {
  const table = '| a | b |\n|---|---|\n| 1 | 2 |\n\n';
  const fence = `\`\`\`\`md\n\`\`\`ts\nconst x = '<!channel>';\n\`\`\`\n\`\`\`\`\n\n`;
  const text = `<details>\n\n${(table + fence + 'Words. '.repeat(40)).repeat(560)}</details>`;

  const whole = (url?: string): readonly SlackBody[] => {
    const folder = createFolder();
    for (const event of recordedEvents('codex-acp.ndjson')) folder.push(event);
    const transcript = folder.view();
    const [turn] = transcript.turns.values();
    if (turn === undefined) throw new Error('no turn');
    const long = { ...turn, parts: [{ type: 'message', messageId: null, text } as const] };
    return renderTurn({ kind: 'turn', sessionId, turn: long, transcript }, 0, url);
  };

  it('is five messages within the limits, and says where the rest is', () => {
    expect(text.length).toBeGreaterThan(190_000);
    const bodies = whole('https://threads.test/s_1');
    expect(bodies).toHaveLength(5);
    for (const body of bodies) {
      expect(checkBlocks(body.blocks, 'message', BLOCK_LIMITS)).toMatchObject({ ok: true });
      expect(body.text.length).toBeLessThanOrEqual(4_000);
      expect(JSON.stringify(body)).not.toMatch(/<!channel>|<\/?details>/);
    }
    expect(JSON.stringify(bodies.at(-1)?.blocks.at(-1))).toMatch(
      /1\d\d,\d{3} more characters are on <https:\/\/threads\.test\/s_1\|/,
    );
    expect(JSON.stringify(whole().at(-1)?.blocks.at(-1))).toContain('are not shown here');
  });
});
