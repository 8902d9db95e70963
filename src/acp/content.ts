/** Which parts of a prompt an agent takes; what it does not take becomes a text that says so. */
import type { AgentReport } from '../core/model/agent.ts';
import type { ContentBlock } from '../core/model/content.ts';

/** Never drops anything in silence: a block that the agent cannot take is named instead. */
export function acceptedContent(
  content: readonly ContentBlock[],
  kinds: AgentReport['promptKinds'],
): readonly ContentBlock[] {
  return content.map((block) => {
    if (block.type === 'text' || block.type === 'resource_link' || kinds.includes(block.type)) {
      return block;
    }
    return { type: 'text', text: leftOut(block) };
  });
}

function leftOut(block: Extract<ContentBlock, { type: 'image' | 'audio' | 'resource' }>): string {
  if (block.type === 'resource') {
    const text = block.resource['text'];
    // Text inside a resource needs no capability: it can be said in words.
    if (typeof text === 'string') return `${block.resource.uri}:\n${text}`;
    return `[A resource (${block.resource.uri}) was left out: this agent takes none.]`;
  }
  const what = block.type === 'image' ? 'An image' : 'A sound';
  return `[${what} (${block.mimeType}) was left out: this agent takes none.]`;
}
