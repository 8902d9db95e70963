/** Whatever an agent or a person writes, nothing of it runs, loads or poses as the page. */
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../src/web/renderers/markdown.ts';
import { renderMessage, renderPersonText } from '../../../src/web/renderers/message.ts';
import { renderThreads } from '../../../src/web/renderers/regions.ts';
import { renderInside, renderToolCall, WHOLE } from '../../../src/web/renderers/tool-call.ts';
import { markup } from '../../../src/web/renderers/html.ts';

const ATTACKS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' autofocus onfocus=alert(1) x='",
  '</pre></code></article><form action=//evil.example><button>Allow once</button>',
  '`</code><script>alert(1)</script>`',
  '```\n</code></pre><script>alert(1)</script>\n```',
  '```"onmouseover="alert(1)\nx\n```',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](vbscript:x) [y](file:///etc/passwd)',
  '<javascript:alert(1)>',
  '[x](https://ok.example "onclick=alert(1)")',
  '[x](https://ok.example/"onclick="alert(1))',
  '![x](https://evil.example/pixel.png)',
  '![x](javascript:alert(1))',
  '|a|\n|:-:|\n|<b onclick=alert(1)>|',
  '<!-- comment --> <style>*{display:none}</style>',
];

/** Tags with their attributes, as a browser would see them. */
function tags(html: string): readonly string[] {
  return [...html.matchAll(/<\/?([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    ([tag]) => tag,
  );
}

const leadsAway = (tag: string): boolean => /href="(?!#|\/threads\/)/.test(tag);

function expectHarmless(html: string): void {
  for (const tag of tags(html)) {
    expect(tag).not.toMatch(
      /^<\/?(script|img|iframe|style|object|embed|link|base|form|input|meta)\b/i,
    );
    const names = [...tag.matchAll(/\s([a-z-]+)="/gi)].map(([, name]) => name);
    expect(names.filter((name) => name?.startsWith('on') || name === 'style')).toEqual([]);
  }
  for (const tag of tags(html).filter(leadsAway)) {
    expect(tag).toMatch(/href="(https?:|mailto:)/);
    expect(tag).toContain('rel="noopener noreferrer nofollow"');
  }
  // Every `<` begins a tag that was looked at: nothing else may.
  expect(html.split('<').length - 1).toBe(tags(html).length);
}

describe.each(ATTACKS)('%j', (attack) => {
  it('is harmless in an answer of the agent', () => {
    expectHarmless(renderMarkdown(attack).html);
  });

  it('is harmless as title, command, path, diff and output of a tool call', () => {
    const tool = {
      toolCallId: attack,
      title: attack,
      kind: attack,
      status: attack,
      command: attack,
      locations: [{ path: attack }],
      content: [
        { type: 'diff', path: attack, oldText: attack, newText: `${attack}\n${attack}` },
        { type: 'text', text: attack },
        { type: 'terminal', terminalId: 't', output: attack },
        { type: 'other', label: attack },
      ],
    } as const;
    const extent = { ...WHOLE, wholeUrl: attack };
    const inside = markup`${renderInside(tool, extent)}`;
    expectHarmless(renderToolCall(tool, attack, inside).html);
  });

  it('is harmless as message, name and thread title of a person', () => {
    const author = { surface: 'web', id: '1', name: attack, kind: 'person' } as const;
    const common = { key: 'k', ordinal: 1, createdAt: 0, updatedAt: 0, threadId: 't_1' as never };
    const body = renderPersonText(attack).html;
    expectHarmless(renderMessage({ id: 'm', author, body, ...common }).html);
    const thread = { id: 't_1', title: attack, createdAt: 0, updatedAt: 0 } as never;
    expectHarmless(
      renderThreads([{ thread, state: 'ready', agentName: attack, sessionId: null }], null).html,
    );
  });
});

describe('text that pretends to be other text', () => {
  it('shows direction overrides of an answer instead of obeying them', () => {
    const { html } = renderMarkdown('safe \u202Etxt.exe\u202C and `\u2066code\u2069`');
    expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(html).toContain('⟨U+202E⟩');
  });

  it('lets emoji and joiners of an answer be', () => {
    expect(renderMarkdown('👩‍💻 ✔️').html).toContain('👩‍💻 ✔️');
  });

  it('turns a remote image into a link, so that nobody learns who reads', () => {
    expect(renderMarkdown('![build](https://evil.example/p.png)').html).toContain(
      '>image: build</a>',
    );
  });
});
