/** Somebody who may not, on Slack: every verb, and everything that can be done without words. */
import { afterEach, describe, expect, it } from 'vitest';
import { askAndWait, expectRefusals, stateOf, type RefusalStage } from '../contracts/refusals.ts';
import type { SlackMessage, SlackUser } from '../harness/fake-slack/state.ts';
import { openSlack, type BenchOptions, type SlackBench } from './bench.ts';
import { passOn } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

/** Everything of ours in the channel that anybody sees, ephemeral messages too. */
const ours = (channel = bench.general.id): readonly string[] =>
  bench.slack.state
    .all(channel)
    .filter(({ byApp, deleted }) => byApp && !deleted)
    .map((each) => bench.slack.read(each));

const idOf = (user: SlackUser): string => `${bench.slack.teamId}/${user.id}`;

/** A turn of Ann's that asks, and a second prompt that waits behind it. */
async function begin(
  options: BenchOptions = {},
): Promise<Pick<RefusalStage, 'stores' | 'code' | 'pass'>> {
  bench = await openSlack(options);
  askAndWait(bench.agents);
  await bench.start('asker', 'mend the totals');
  await passOn(bench, 2_000);
  await bench.say('asker', 'and then the tests');
  await passOn(bench, 2_000);
  const { sessions } = bench.stores.memory;
  const [session] = (await sessions.sessions({}, null, 1)).data;
  const [request] = session === undefined ? [] : await sessions.pendingPermissions(session.id);
  expect(request?.code).toBeDefined();
  return {
    stores: bench.stores,
    code: request?.code ?? '',
    pass: (ms) => passOn(bench, ms, ms > 60_000 ? 60_000 : 250),
  };
}

const mention = (who: SlackUser) => (text: string) =>
  void bench.slack.people.say(who, bench.general, `@threadcast ${text}`, { thread: bench.root() });

/** Adds somebody to the channel. */
function join(user: SlackUser): SlackUser {
  bench.general.members.add(user.id);
  return user;
}

describe('every verb in a channel', () => {
  it('by a guest', async () => {
    const stage = await begin();
    const refused = { holds: 'read', told: 1, id: idOf(bench.eve) } as const;
    const all = { ...stage, say: mention(bench.eve), messages: ours };
    await expectRefusals('Slack, a channel, a guest', all, refused);
  });

  it('by a member of another workspace', async () => {
    const stage = await begin();
    const zoe = join(bench.slack.addPerson('Zoe', bench.slack.addTeam()));
    const say = (text: string): void => {
      const isCommand = text !== 'please mend the totals';
      bench.slack.people.say(zoe, bench.general, isCommand ? `/${text}` : text, {
        thread: bench.root(),
      });
    };
    const refused = { holds: 'read', told: 1, id: idOf(zoe) } as const;
    await expectRefusals(
      'Slack, a channel, of another workspace',
      { ...stage, say, messages: ours },
      refused,
    );
  });

  it('by somebody whose account was closed', async () => {
    const stage = await begin();
    const gus = join(bench.slack.addPerson('Gus'));
    gus.deleted = true;
    const refused = { holds: null, told: 1, id: idOf(gus) } as const;
    const all = { ...stage, say: mention(gus), messages: ours };
    await expectRefusals('Slack, a channel, a closed account', all, refused);
  });

  it('by a bot', async () => {
    const stage = await begin();
    const bot = join(bench.slack.state.addUser(bench.slack.teamId, 'Deploy', { isBot: true }));
    const id = `${bench.slack.teamId}/A00000OTHER`;
    const all = { ...stage, say: mention(bot), messages: ours };
    await expectRefusals('Slack, a channel, a bot', all, { holds: null, told: 0, id });
  });
});

/** Where nothing was begun there is no request to answer. */
const WITHOUT_SESSION = /^(approve|deny)\b/;

describe('every verb where nothing was begun', () => {
  it('by a member, in a channel that is not allowed', async () => {
    bench = await openSlack({ access: { channels: ['C0ELSEWHERE'] } });
    const root = bench.slack.people.say(bench.ann, bench.general, 'Hello everybody');
    const say = (text: string): void =>
      void bench.slack.people.say(bench.ann, bench.general, `@threadcast ${text}`, {
        thread: root,
      });
    const stage = { stores: bench.stores, code: 'k7', pass: passFor, say, messages: ours };
    const refused = {
      holds: null,
      told: 1,
      id: idOf(bench.ann),
      without: WITHOUT_SESSION,
    } as const;
    await expectRefusals('Slack, a channel that is not allowed', stage, refused);
  });

  it('by a guest, in a direct message', async () => {
    bench = await openSlack();
    const first = bench.slack.people.dm(bench.eve, 'hello');
    await passOn(bench, 3_000);
    const say = (text: string): void =>
      void bench.slack.people.dm(bench.eve, `/${text}`.replace('/please', 'please'), {
        thread: first,
      });
    const messages = (): readonly string[] => ours(first.channel);
    const stage = { stores: bench.stores, code: 'k7', pass: passFor, say, messages };
    // The hello was refused, and told, already.
    expect(messages()).toHaveLength(1);
    const refused = {
      holds: 'read',
      told: 0,
      id: idOf(bench.eve),
      without: WITHOUT_SESSION,
    } as const;
    await expectRefusals('Slack, a direct message, a guest', stage, refused);
  });
});

const passFor = (ms: number): Promise<void> => passOn(bench, ms, ms > 60_000 ? 60_000 : 250);

const newest = (): SlackMessage => {
  const card = bench.slack
    .answers(bench.root())
    .find((each) => JSON.stringify(each.blocks).includes('button'));
  if (card === undefined) throw new Error('nothing is asked');
  return card;
};

/** Ways without a verb, and how often they are told of it. */
const WAYS: Readonly<Record<string, { readonly act: () => void; readonly told: number }>> = {
  'a button': {
    act: () => void bench.slack.people.click(bench.eve, newest(), 'Allow once'),
    told: 1,
  },
  'the reaction 🛑': {
    act: () => {
      bench.slack.people.unreact(bench.eve, newest(), 'octagonal_sign');
      bench.slack.people.react(bench.eve, newest(), 'octagonal_sign');
    },
    told: 1,
  },
  "Slack's own Stop button": {
    act: () => bench.slack.people.stop(bench.eve, bench.general, bench.root()),
    told: 1,
  },
  'the shortcut': {
    act: () => void bench.slack.people.shortcut(bench.eve, bench.root(), 'ask_threadcast'),
    told: 1,
  },
  '/threadcast': {
    act: () => void bench.slack.people.slash(bench.eve, bench.general, 'do it'),
    told: 1,
  },
};

it.each(Object.entries(WAYS))('%s, by a guest', async (name, { act, told }) => {
  await begin();
  const { slack, stores } = bench;
  const refused = (): number =>
    stores.memory.decisions.filter(
      ({ actor, outcome }) => actor.id === idOf(bench.eve) && outcome === 'refused',
    ).length;
  const [before, saidBefore] = [await stateOf(stores), ours().length];
  for (const time of [1, 2, 3]) {
    act();
    await passOn(bench, 1_000);
    const view = slack.hooks.views().at(-1);
    if (name === 'the shortcut') {
      slack.people.submit(bench.eve, String(view?.['id']), {
        question: { question: { value: 'Why?' } },
      });
      await passOn(bench, 2_000);
    }
    expect({ time, refused: refused() }).toEqual({ time, refused: time });
    expect(await stateOf(stores)).toBe(before);
  }
  const said = ours().slice(saidBefore);
  console.log(`Slack, ${name}: refused ${refused()}×, nothing changed, said ${said.length}×`);
  expect(said).toHaveLength(told);
});

it('the Home tab shows a closed account nothing, and changes nothing', async () => {
  await begin();
  const { slack, stores } = bench;
  const gus = join(slack.addPerson('Gus'));
  gus.deleted = true;
  const before = await stateOf(stores);
  slack.people.openHome(gus);
  await passOn(bench, 1_000);
  const home = JSON.stringify(slack.hooks.home(gus.id) ?? {});
  console.log(`Slack, the Home tab, a closed account: ${home.slice(0, 300)}`);
  expect(home).not.toContain('mend the totals');
  expect(home).not.toContain('rm -rf');
  expect(await stateOf(stores)).toBe(before);
});
