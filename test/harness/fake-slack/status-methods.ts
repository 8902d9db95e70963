/** How Slack shows that the agent works: session status, and the older status line. */
import { channelOf, required, type ApiCall, type Methods } from './api-call.ts';
import { textOf } from './arguments.ts';
import { SlackRefusal } from './refusal.ts';
import type { SlackState } from './state.ts';

const STATUSES = new Set(['active', 'processing', 'suspended', 'closed']);
const PROCESSING_MS = 3_600_000;

export interface Statuses {
  readonly methods: Methods;
  set(channel: string, threadTs: string, status: string): void;
  /** What the thread's session shows now; undefined: nothing. */
  of(channel: string, threadTs: string): string | undefined;
  /** The status line (`assistant.threads.setStatus`), empty when there is none. */
  line(channel: string, threadTs: string): string;
  /** False: the app is no agent, agents.sessions.* is `not_authorized`. */
  isAgent: boolean;
}

export function createStatuses(state: SlackState): Statuses {
  const statuses = new Map<string, { status: string; at: number }>();
  const lines = new Map<string, string>();

  const thread = (call: ApiCall): { channel: string; threadTs: string } => {
    const channel = channelOf(call, 'channel_id');
    const threadTs = textOf(call.args, 'thread_ts');
    const isOld = call.method.startsWith('assistant.');
    if (threadTs === undefined)
      throw new SlackRefusal(isOld ? 'invalid_thread_ts' : 'thread_ts_required');
    if (state.message(channel.id, threadTs) === undefined)
      throw new SlackRefusal(isOld ? 'invalid_thread_ts' : 'channel_not_found');
    return { channel: channel.id, threadTs };
  };

  const made: Statuses = {
    isAgent: true,
    set(channel, threadTs, status) {
      statuses.set(`${channel} ${threadTs}`, { status, at: state.clock.now() });
    },
    of(channel, threadTs) {
      const known = statuses.get(`${channel} ${threadTs}`);
      const isOld = known !== undefined && state.clock.now() - known.at >= PROCESSING_MS;
      return known?.status === 'processing' && isOld ? 'active' : known?.status;
    },
    line: (channel, threadTs) => lines.get(`${channel} ${threadTs}`) ?? '',
    methods: {
      'agents.sessions.setStatus': (call) => {
        if (!made.isAgent) throw new SlackRefusal('not_authorized');
        const status = required(call, 'status');
        if (!STATUSES.has(status)) throw new SlackRefusal('invalid_status');
        const { channel, threadTs } = thread(call);
        made.set(channel, threadTs, status);
        return {};
      },
      'assistant.threads.setStatus': (call) => {
        const { channel, threadTs } = thread(call);
        lines.set(`${channel} ${threadTs}`, textOf(call.args, 'status') ?? '');
        return {};
      },
    },
  };
  return made;
}
