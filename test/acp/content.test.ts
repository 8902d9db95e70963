import { describe, expect, it } from 'vitest';
import { acceptedContent } from '../../src/acp/content.ts';
import type { ContentBlock } from '../../src/core/model/content.ts';

const blocks: readonly ContentBlock[] = [
  { type: 'text', text: 'look' },
  { type: 'resource_link', uri: 'file:///a', name: 'a' },
  { type: 'image', data: 'AAAA', mimeType: 'image/png' },
  { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
  { type: 'resource', resource: { uri: 'file:///b.md', text: '# B' } },
  { type: 'resource', resource: { uri: 'file:///c.bin', blob: 'AAAA' } },
];

describe('the content of a prompt', () => {
  it('reaches an agent that takes everything as it is', () => {
    expect(acceptedContent(blocks, ['image', 'audio', 'resource'])).toEqual(blocks);
  });

  it('names what it leaves out for an agent that takes only text', () => {
    const texts = acceptedContent(blocks, []).map((block) =>
      block.type === 'text' ? block.text : block.type,
    );
    expect(texts).toMatchInlineSnapshot(`
      [
        "look",
        "resource_link",
        "[An image (image/png) was left out: this agent takes none.]",
        "[A sound (audio/wav) was left out: this agent takes none.]",
        "file:///b.md:
      # B",
        "[A resource (file:///c.bin) was left out: this agent takes none.]",
      ]
    `);
  });
});
