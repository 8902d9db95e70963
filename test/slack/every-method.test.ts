/**
 * Every method that the app calls while it works, refused in each way in which Slack refuses, while
 * somebody wants something that needs it: it is retried, done in a plainer way, or told; never
 * ignored, never without end, and everything works again afterwards. (auth.test: away.test.ts;
 * oauth.v2.access, auth.revoke: oauth.test.ts; apps.connections.open: socket.test.ts.)
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { CallFault } from '../harness/fake-slack/web-api.ts';
import { openSlack, type SlackBench } from './bench.ts';
import { passOn } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const no = (error: string): CallFault => ({ kind: 'error', error });

interface Refusal {
  readonly name: string;
  readonly fault: CallFault;
  /** After half a minute; else for good. */
  readonly passes: boolean;
}

/** Each stands for its class (client/calls.ts, client/failures.ts). */
const REFUSALS: readonly Refusal[] = [
  { name: 'ratelimited', fault: { kind: 'throttle', retryAfterSeconds: 5 }, passes: true },
  { name: 'internal_error', fault: no('internal_error'), passes: true },
  { name: 'missing_scope', fault: no('missing_scope'), passes: false },
];
/** What writing may meet besides. */
const OF_WRITING: readonly Refusal[] = [
  { name: '503, but done', fault: { kind: 'status', status: 503, done: true }, passes: true },
  { name: 'is_archived', fault: no('is_archived'), passes: false },
  { name: 'invalid_blocks', fault: no('invalid_blocks'), passes: false },
];

interface Want {
  readonly direct?: boolean;
  /** Methods that this workspace does not have, so that the next best is used. */
  readonly without?: readonly string[];
  readonly ask: () => Promise<unknown>;
  /** Shown to that person alone; else it is work, which has an answer. */
  readonly isForOne?: boolean;
  /** Once Slack has said no to it, it is left alone for an hour. */
  readonly rests?: boolean;
}

let people = 0;
const stranger = () => {
  people += 1;
  const person = bench.slack.addPerson(`Person ${people}`);
  bench.general.members.add(person.id);
  return person;
};
const mention = async (text: string): Promise<void> => {
  const root = bench.slack.people.say(bench.ann, bench.general, `@threadcast ${text}`);
  bench.openedAt(root);
};
const inThread = async (): Promise<void> => {
  const root = bench.slack.people.say(bench.ann, bench.general, 'The build fails since Monday.');
  bench.slack.people.say(bench.ann, bench.general, '@threadcast say it again', { thread: root });
  bench.openedAt(root);
};
const linked = async (): Promise<void> => {
  const other = bench.slack.addChannel(`other-${(people += 1)}`, [bench.ann]);
  const said = bench.slack.people.say(bench.ann, other, 'Something happened.');
  await mention(`look at https://fake.slack.com/archives/${other.id}/p${said.ts.replace('.', '')}`);
};
const byStranger = async (): Promise<void> => {
  const root = bench.slack.people.say(stranger(), bench.general, '@threadcast who am I to you');
  bench.openedAt(root);
};
const command = async (text: string): Promise<void> =>
  void bench.slack.people.slash(bench.ann, bench.general, text);
const STATUS = ['agents.sessions.setStatus', 'assistant.threads.setStatus'];

const WANTS: Readonly<Record<string, Want>> = {
  'chat.postMessage': { ask: () => mention('post') },
  'chat.update': { ask: () => mention('update') },
  'chat.postEphemeral': { isForOne: true, ask: () => command('whoami') },
  'chat.startStream': { direct: true, rests: true, ask: () => bench.start('asker', 'stream') },
  'chat.appendStream': { direct: true, ask: () => bench.start('asker', 'stream') },
  'chat.stopStream': { direct: true, ask: () => bench.start('asker', 'stream') },
  'conversations.replies': { ask: inThread },
  'conversations.info': { ask: linked },
  'conversations.history': { ask: linked },
  'users.info': { ask: byStranger },
  'usergroups.users.list': { ask: byStranger },
  'views.open': {
    isForOne: true,
    ask: async () =>
      void bench.slack.people.shortcut(
        bench.ann,
        bench.slack.people.say(bench.ann, bench.general, 'about this'),
        'ask_threadcast',
      ),
  },
  'views.publish': { isForOne: true, ask: async () => void bench.slack.people.openHome(bench.ann) },
  'agents.sessions.setStatus': { ask: () => mention('show how it stands'), rests: true },
  'assistant.threads.setStatus': {
    without: STATUS.slice(0, 1),
    ask: () => mention('older status'),
    rests: true,
  },
  'reactions.add': { without: STATUS, ask: () => mention('eyes') },
  'reactions.remove': { without: STATUS, ask: () => mention('no eyes') },
};

async function open(method: string, { direct = false, without = [] }: Want) {
  bench = await openSlack({ direct, access: { approverGroups: ['S0GROUP'] } });
  bench.slack.directory.groups.set('S0GROUP', []);
  bench.stores.agents.behave = async (turn) => {
    turn.say('It is ');
    await new Promise<void>((resolve) => {
      bench.clock.after(4_000, resolve);
    });
    turn.say('done so.');
    return 'end_turn';
  };
  const faults = { now: undefined as CallFault | undefined };
  bench.slack.api.fault = (call) => {
    if (call.method === method && faults.now !== undefined) return faults.now;
    return without.includes(call.method) ? no('not_authorized') : undefined;
  };
  return faults;
}

/** What there is for people to see of it, and what whoever runs the server is told. */
function tidings(method: string) {
  const { slack, stores, general, ann } = bench;
  const im = slack.state.imOf(slack.teamId, ann.id, slack.state.install(slack.teamId).botUserId);
  const mine = [general, im].flatMap(({ id }) => slack.state.all(id)).filter((one) => one.byApp);
  return {
    calls: slack.api.calls.filter((call) => call.method === method),
    answers: mine.filter(({ text, deleted }) => !deleted && text.includes('done so.')),
    said: mine.length,
    lines: stores.lines.length,
    views: slack.hooks.views().length + (slack.hooks.home(ann.id) === undefined ? 0 : 1),
  };
}

describe.each(Object.entries(WANTS))('%s', (method, want) => {
  it('is retried, replaced or told, whatever Slack says to it', async () => {
    const faults = await open(method, want);
    const refusals = method.startsWith('chat.') ? [...REFUSALS, ...OF_WRITING] : REFUSALS;
    let isResting = false;
    for (const { name, fault, passes } of refusals) {
      const where = `${method}, ${name}`;
      const before = tidings(method);
      faults.now = fault;
      await want.ask();
      await passOn(bench, 30_000, 10_000);
      faults.now = passes ? undefined : fault;
      await passOn(bench, 60_000, 20_000);
      const after = tidings(method);
      const calls = after.calls.length - before.calls.length;
      expect(calls > 0 || isResting, `${where}: not called`).toBe(true);
      isResting ||= want.rests === true && !passes;
      expect(calls, `${where}: called over and over`).toBeLessThan(25);
      const isAnswered = after.answers.length > before.answers.length;
      const isSeen = after.said > before.said || after.views > before.views;
      const isDone = want.isForOne === true ? isSeen : isAnswered;
      const isLogged = after.lines > before.lines;
      const mayFail = !passes || want.isForOne === true;
      expect(isDone || (mayFail && isLogged), `${where}: not done, and nobody knows`).toBe(true);
      // Somebody who asked for work has one answer, and not two of them.
      const threads = new Set(after.answers.map(({ threadTs }) => threadTs));
      expect(after.answers.length, `${where}: two answers`).toBe(threads.size);
      faults.now = undefined;
      // Longer than what was learnt about people and groups is kept.
      await passOn(bench, 80_000, 40_000);
    }
    await mention('are you there?');
    await passOn(bench, 30_000, 10_000);
    const { ts } = bench.root();
    expect(tidings(method).answers.filter(({ threadTs }) => threadTs === ts)).toHaveLength(1);
  });
});
