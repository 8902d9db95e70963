/** The parts of a turn, one by one: text, thoughts, notices and tool calls. */
import type { TurnPart, TurnView } from '../../core/model/transcript.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { icon } from './icon.ts';
import { renderMarkdown } from './markdown.ts';
import { renderToolCall } from './tool-call.ts';
import type { ToolCall } from '../../core/model/transcript.ts';

const rendered = new WeakMap<TurnPart, Html>();

/** Parts that did not change are the same objects: only what streams is rendered again. */
export function renderText(part: Extract<TurnPart, { type: 'message' | 'thought' }>): Html {
  const known = rendered.get(part);
  if (known !== undefined) return known;
  const fresh = renderMarkdown(part.text);
  rendered.set(part, fresh);
  return fresh;
}

/** Id of a step in the page. */
export const stepId = (turn: TurnView, index: number): string => `${turn.promptId}-${index}`;

/** Null for what is no step, or shows nothing. `inside`: what is behind the line of a tool call. */
export function renderStep(
  turn: TurnView,
  index: number,
  inside: (tool: ToolCall) => Html | null,
): Html | null {
  const part = turn.parts[index];
  switch (part?.type) {
    case 'thought':
      return part.text.trim() === ''
        ? null
        : markup`<details class="step thought" id="${stepId(turn, index)}">
            <summary>${icon('think')} <span class="title">Thought</span></summary>
            <div class="inside">${renderText(part)}</div>
          </details>`;
    case 'notice':
      return markup`<p class="step notice" dir="auto">${showHidden(part.text, 'prose')}</p>`;
    case 'tool_call': {
      const tool = turn.toolCalls.get(part.toolCallId);
      return tool === undefined ? null : renderToolCall(tool, stepId(turn, index), inside(tool));
    }
    default:
      return null;
  }
}
