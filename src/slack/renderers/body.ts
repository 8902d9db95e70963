/**
 * What one Slack message shows, as the outbox carries it: JSON, so that equal bodies are equal
 * texts. Limits of Block Kit are kept here and nowhere else.
 */
import type { KnownBlock, RichTextBlock } from '@slack/types';
import { z } from 'zod';

/** Of `text` in chat.update, less what Slack may add when it escapes. */
export const TEXT_LIMIT = 3_900;
/** Piece of an answer in one message: with plan and steps beside it, blocks stay below 12,000. */
export const PIECE_LIMIT = 3_500;
export const SECTION_LIMIT = 3_000;
/** Messages that one turn may have. */
export const MOST_PIECES = 5;

export type SessionStatus = 'processing' | 'suspended' | 'active' | 'closed';

/** A step of a turn as a native stream shows it. */
export interface StreamTask {
  readonly id: string;
  readonly title: string;
  readonly status: 'pending' | 'in_progress' | 'complete' | 'error';
}

/** What a running turn streams where that is possible. */
export interface LiveTurn {
  readonly markdown: string;
  readonly tasks: readonly StreamTask[];
}

export interface SlackBody {
  /** For notifications, and all of the message where blocks are refused: mrkdwn. */
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
  readonly live?: LiveTurn | undefined;
  /** Id of who waits for it, told elsewhere when the thread takes no message. */
  readonly asker?: string | undefined;
  /** What the thread's session is at; `answered`: this was no turn, and changes nothing else. */
  readonly status?: SessionStatus | 'answered' | undefined;
}

const bodySchema = z.object({
  text: z.string(),
  blocks: z.array(z.custom<KnownBlock>((value) => typeof value === 'object' && value !== null)),
  live: z
    .object({
      markdown: z.string(),
      tasks: z.array(
        z.object({
          id: z.string(),
          title: z.string(),
          status: z.enum(['pending', 'in_progress', 'complete', 'error']),
        }),
      ),
    })
    .optional(),
  asker: z.string().optional(),
  status: z.enum(['processing', 'suspended', 'active', 'closed', 'answered']).optional(),
});

export const writeBody = (body: SlackBody): string => JSON.stringify(body);

/** A text that is no body of ours (what a shorter text leaves behind) is a message of that text. */
export function readBody(text: string): SlackBody {
  if (!text.startsWith('{')) return { text, blocks: [] };
  const parsed = bodySchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : { text, blocks: [] };
}

/** At most `limit` characters, with a sign that there was more. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Never in the middle of an entity or of a pair of code units.
  return `${text.slice(0, limit - 1).replace(/&[a-z]{0,4}$|[\uD800-\uDBFF]$/, '')}…`;
}

export const mrkdwnSection = (text: string): KnownBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: cut(text, SECTION_LIMIT) },
});

export const context = (text: string): KnownBlock => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text: cut(text, SECTION_LIMIT) }],
});

/** Text exactly as it is, in a fixed width; nothing in it is read as markup. */
export const preformatted = (text: string): RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }],
});

/** Over all blocks of a message, less a margin: Slack counts in its own way. */
const ALL_LIMIT = 11_500;
const SHORT_LIMIT = 400;

/** Texts anywhere in blocks, titles too. */
function charactersIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + charactersIn(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, one]: [string, unknown]) => {
    const isText = typeof one === 'string' && (key === 'text' || key === 'title');
    return sum + (isText ? one.length : charactersIn(one));
  }, 0);
}

/** What stands around an answer gives way, so that the answer itself stays whole. */
export function fitted(blocks: readonly KnownBlock[]): readonly KnownBlock[] {
  return charactersIn(blocks) <= ALL_LIMIT ? blocks : blocks.map(shorter);
}

function shorter(block: KnownBlock): KnownBlock {
  if (block.type === 'section' && block.text !== undefined) {
    return { ...block, text: { ...block.text, text: cut(block.text.text, SHORT_LIMIT) } };
  }
  if (block.type === 'context') {
    const elements = block.elements.map((one) =>
      one.type === 'mrkdwn' ? { ...one, text: cut(one.text, SHORT_LIMIT) } : one,
    );
    return { ...block, elements };
  }
  if (block.type !== 'plan') return block;
  return { ...block, tasks: (block.tasks ?? []).map((task) => ({ ...task, output: undefined })) };
}
