/**
 * What an interaction lends the app: a trigger id that opens one modal within 3 s, and a response
 * URL that takes 5 messages within 30 minutes. And the views that were opened with them.
 */
import { required, type Methods } from './api-call.ts';
import { flag, isJson, parsed, textOf } from './arguments.ts';
import { checkBlocks, type BlockLimits } from './blocks.ts';
import type { Delivery } from './delivery.ts';
import { SlackRefusal } from './refusal.ts';
import type { Install, Json, SlackChannel, SlackMessage, SlackState, SlackUser } from './state.ts';

const TRIGGER_MS = 3000;
const RESPONSE_MS = 30 * 60_000;
const RESPONSES = 5;

export interface Hooks {
  trigger(user: SlackUser): string;
  /** `message`: what the interaction came from, for `replace_original` and `delete_original`. */
  responseUrl(
    user: SlackUser,
    channel: SlackChannel,
    threadTs: string | null,
    message?: SlackMessage,
  ): string;
  /** What was posted to a response URL; gives the HTTP status. */
  respond(path: string, body: Json): number;
  /** A command may be answered in its acknowledgement: only who typed it sees that. */
  acknowledged(delivery: Delivery): void;
  view(id: string): Json;
  /** Views in the order of their opening; the newest state of each. */
  views(): readonly Json[];
  /** The Home tab that this person sees. */
  home(userId: string): Json | undefined;
  readonly methods: Methods;
}

interface Response {
  readonly user: SlackUser;
  readonly channel: SlackChannel;
  readonly threadTs: string | null;
  readonly message: SlackMessage | undefined;
  readonly until: number;
  left: number;
}

export interface HooksDeps {
  readonly state: SlackState;
  readonly baseUrl: () => string;
  readonly blockLimits: BlockLimits;
}

export function createHooks({ state, baseUrl, blockLimits }: HooksDeps): Hooks {
  const triggers = new Map<string, { until: number; used: boolean }>();
  const responses = new Map<string, Response>();
  const views = new Map<string, Json>();
  const homes = new Map<string, Json>();
  const { clock } = state;

  const checked = (value: unknown): Json => {
    if (!isJson(value)) throw new SlackRefusal('invalid_arguments');
    const verdict = checkBlocks(value.blocks, 'view', blockLimits);
    if (!verdict.ok) {
      const messages = verdict.error === 'invalid_blocks' ? verdict.messages : [verdict.error];
      throw new SlackRefusal('invalid_arguments', { response_metadata: { messages } });
    }
    if (JSON.stringify(value).length > 250_000) throw new SlackRefusal('view_too_large');
    return value;
  };

  const stored = (id: string, install: Install, view: Json): Json => {
    const made = { id, team_id: install.teamId, hash: state.newId('h'), ...view };
    views.set(id, made);
    return made;
  };

  const methods: Methods = {
    'views.open': (call) => {
      const id = required(call, 'trigger_id');
      const trigger = triggers.get(id);
      if (trigger === undefined) throw new SlackRefusal('invalid_trigger_id');
      if (trigger.used) throw new SlackRefusal('exchanged_trigger_id');
      if (clock.now() > trigger.until) throw new SlackRefusal('expired_trigger_id');
      const view = checked(call.args.view);
      trigger.used = true;
      return { view: stored(state.newId('V'), call.install, view) };
    },
    'views.update': (call) => {
      const known = views.get(textOf(call.args, 'view_id') ?? '');
      if (known === undefined) throw new SlackRefusal('not_found');
      const hash = textOf(call.args, 'hash');
      if (hash !== undefined && hash !== known.hash) throw new SlackRefusal('hash_conflict');
      return { view: stored(String(known.id), call.install, checked(call.args.view)) };
    },
    'views.publish': (call) => {
      const user = required(call, 'user_id');
      if (!state.users.has(user)) throw new SlackRefusal('invalid_arguments');
      const view = checked(call.args.view);
      if (view.type !== 'home') throw new SlackRefusal('invalid_arguments');
      const made = stored(state.newId('V'), call.install, view);
      homes.set(user, made);
      return { view: made };
    },
  };

  const hooks: Hooks = {
    trigger(user) {
      const id = `${state.newId('')}.${user.id}`;
      triggers.set(id, { until: clock.now() + TRIGGER_MS, used: false });
      return id;
    },
    responseUrl(user, channel, threadTs, message) {
      const path = `/response/${state.newId('R')}`;
      const until = clock.now() + RESPONSE_MS;
      responses.set(path, { user, channel, threadTs, message, until, left: RESPONSES });
      return `${baseUrl()}${path}`;
    },
    respond(path, body) {
      const response = responses.get(path);
      if (response === undefined) return 404;
      if (clock.now() > response.until || response.left === 0) return 410;
      response.left -= 1;
      const { channel, user, message } = response;
      const blocks = Array.isArray(body.blocks) ? body.blocks.filter(isJson) : [];
      if (message !== undefined && flag(body, 'delete_original')) {
        message.deleted = true;
        return 200;
      }
      if (message !== undefined && flag(body, 'replace_original')) {
        message.text = textOf(body, 'text') ?? '';
        message.blocks = blocks;
        return 200;
      }
      state.addMessage(channel.id, {
        user: state.install(user.teamId).botUserId,
        byApp: true,
        text: textOf(body, 'text') ?? '',
        blocks,
        threadTs: textOf(body, 'thread_ts') ?? response.threadTs,
        onlyFor: body.response_type === 'in_channel' ? null : user.id,
      });
      return 200;
    },
    acknowledged({ kind, payload, answer }) {
      if (kind !== 'command' || answer === '' || answer === undefined) return;
      const { response_url: url } = payload;
      if (typeof url !== 'string') return;
      const body = typeof answer === 'string' ? parsed(answer) : answer;
      hooks.respond(new URL(url).pathname, isJson(body) ? body : { text: answer });
    },
    view(id) {
      const view = views.get(id);
      if (view === undefined) throw new Error(`There is no view ${id}`);
      return view;
    },
    views: () => [...views.values()],
    home: (userId) => homes.get(userId),
    methods,
  };
  return hooks;
}
