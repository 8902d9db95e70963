/**
 * Posts and edits messages. What Slack finds wrong with one is answered by a plainer one: without
 * plan blocks, without any blocks, then shorter; a message that says less is better than none.
 */
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Place } from '../address.ts';
import { cut, type SlackBody } from '../renderers/body.ts';
import { withoutPlans } from '../renderers/steps.ts';
import type { CallResult } from './calls.ts';
import { createTellElsewhere } from './elsewhere.ts';
import { BAD_BLOCKS, codeOf, TOO_LONG } from './failures.ts';
import { METADATA_TYPE } from './find.ts';
import type { Streams } from './streams.ts';
import type { Workspaces } from './workspaces.ts';

export interface Messages {
  post(place: Place, key: string, body: SlackBody): Promise<CallResult>;
  update(place: Place, ts: string, key: string | undefined, body: SlackBody): Promise<CallResult>;
}

/** Of a message that was too long without blocks, too. */
const SHORT_LIMIT = 3_000;
const REST_MS = 60 * 60_000;

/** Something is wrong with the message itself. */
function isBad(result: CallResult): boolean {
  const code = result.ok ? '' : codeOf(result.failure);
  return BAD_BLOCKS.has(code) || TOO_LONG.has(code);
}

export function createMessages(deps: {
  readonly workspaces: Workspaces;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly streams: Pick<Streams, 'end'>;
}): Messages {
  const { workspaces, streams, clock } = deps;
  const tellElsewhere = createTellElsewhere(deps);
  /** Workspaces that refused plan blocks, and when they are asked again. */
  const noPlansUntil = new Map<string, number>();

  const write = async (
    team: string,
    method: 'chat.postMessage' | 'chat.update',
    args: Readonly<Record<string, unknown>>,
    { text, blocks }: SlackBody,
  ): Promise<CallResult> => {
    // Always given: an edit without them would keep the old ones.
    const send = (given: SlackBody['blocks']): Promise<CallResult> =>
      workspaces.call(team, method, { ...args, text, blocks: given });
    const hasPlan = blocks.some(({ type }) => type === 'plan');
    const knowsPlans = (noPlansUntil.get(team) ?? 0) <= clock.now();
    const whole = await send(hasPlan && !knowsPlans ? withoutPlans(blocks) : blocks);
    if (!isBad(whole)) return whole;
    if (hasPlan && knowsPlans) {
      const simpler = await send(withoutPlans(blocks));
      if (simpler.ok) noPlansUntil.set(team, clock.now() + REST_MS);
      if (!isBad(simpler)) return simpler;
    }
    const plain = await workspaces.call(team, method, { ...args, text, blocks: [] });
    if (plain.ok || !TOO_LONG.has(codeOf(plain.failure))) return plain;
    const short = cut(text, SHORT_LIMIT);
    return workspaces.call(team, method, { ...args, text: short, blocks: [] });
  };

  return {
    async post(place, key, body) {
      const { team, channel, thread } = place;
      const quiet = { unfurl_links: false, unfurl_media: false };
      const args = { channel, thread_ts: thread, metadata: metadataOf(key), ...quiet };
      const posted = await write(team, 'chat.postMessage', args, body);
      if (!posted.ok && body.asker !== undefined) {
        void tellElsewhere(place, body.asker, posted.failure);
      }
      return posted;
    },
    async update(place, ts, key, body) {
      const { team, channel } = place;
      const metadata = key === undefined ? {} : { metadata: metadataOf(key) };
      const args = { channel, ts, ...metadata };
      const first = await write(team, 'chat.update', args, body);
      if (first.ok || codeOf(first.failure) !== 'streaming_state_conflict') return first;
      // A stream of ours from before a restart: ended, it can be edited.
      await streams.end(place, ts);
      return write(team, 'chat.update', args, body);
    },
  };
}

const metadataOf = (key: string) => ({ event_type: METADATA_TYPE, event_payload: { key } });
