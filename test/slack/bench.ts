/** The Slack app on the fake Slack over HTTP, with the whole of core behind it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createActionTokens } from '../../src/core/access/action-token.ts';
import { createSlackApp, type SlackApp, type SlackDeps } from '../../src/slack/app.ts';
import type { SlackAccess, SlackOptions } from '../../src/slack/options.ts';
import type { Button, Person, SurfaceBench, Written } from '../contracts/surface.under-test.ts';
import {
  createCoreStores,
  startCore,
  type CoreServer,
  type EdgeDeps,
} from '../harness/core-bench.ts';
import { settle } from '../harness/manual-clock.ts';
import { watchWire } from '../harness/wire-time.ts';
import {
  startFakeSlack,
  type FakeSlack,
  type FakeSlackOptions,
} from '../harness/fake-slack/fake-slack.ts';
import type { SlackMessage, SlackUser } from '../harness/fake-slack/state.ts';
import { createMemoryInstallations } from './memory-installations.ts';

export const OPEN_ACCESS: SlackAccess = {
  channels: [],
  approvers: [],
  maintainers: [],
  approverGroups: [],
  guests: false,
  bots: [],
};

const MARKS: Readonly<Record<string, 'ok' | 'bad'>> = { white_check_mark: 'ok', x: 'bad' };

export const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

interface SlackButton extends Button {
  readonly message: SlackMessage;
}
interface SlackWritten extends Written {
  readonly message: SlackMessage;
}

export interface BenchOptions {
  readonly fake?: FakeSlackOptions;
  readonly access?: Partial<SlackAccess>;
  readonly options?: Partial<SlackOptions>;
  readonly socket?: boolean;
  readonly direct?: boolean;
  /** Default true, as in the settings. */
  readonly requesterMayApprove?: boolean;
  readonly untaggedReplies?: boolean;
  /** Of Slack's API, from before the start. */
  readonly fault?: FakeSlack['api']['fault'];
}

/** A web server of its own: the address stays while the app behind it is started again. */
async function openDoor(): Promise<{ server: Server; url: string; app: SlackApp | undefined }> {
  const door: { server: Server; url: string; app: SlackApp | undefined } = {
    server: createServer(
      getRequestListener(
        (request) => door.app?.handle(request) ?? new Response('', { status: 503 }),
      ),
    ),
    url: '',
    app: undefined,
  };
  await new Promise<void>((resolve) => {
    door.server.listen(0, '127.0.0.1', resolve);
  });
  door.url = `http://127.0.0.1:${(door.server.address() as AddressInfo).port}`;
  return door;
}

export async function openSlack(bench: BenchOptions = {}) {
  const stores = createCoreStores();
  const { clock } = stores;
  const wire = watchWire();
  const installations = createMemoryInstallations();
  const slack = await startFakeSlack({
    clock,
    signedAt: () => Math.floor(clock.now() / 1000),
    ...bench.fake,
  });
  if (bench.fault !== undefined) slack.api.fault = bench.fault;
  const door = await openDoor();
  if (bench.socket !== true) slack.deliverTo(`${door.url}/slack/events`);
  const ann = slack.addPerson('Ann');
  const bob = slack.addPerson('Bob');
  const eve = slack.addPerson('Eve', slack.teamId, { isGuest: true });
  const general = slack.addChannel('general', [ann, bob, eve]);
  const maintainer = bench.direct === true ? ann : bob;
  const people: Record<Person, SlackUser> = { asker: ann, maintainer, outsider: eve };

  const makeEdge = async (deps: EdgeDeps) => {
    const options: SlackOptions = {
      botToken: slack.botToken,
      apiUrl: slack.apiUrl,
      publicUrl: door.url,
      ...(bench.socket === true
        ? { appToken: slack.appToken }
        : { signingSecret: slack.signingSecret }),
      untaggedReplies: bench.untaggedReplies,
      access: { ...OPEN_ACCESS, maintainers: [maintainer.id], ...bench.access },
      ...bench.options,
    };
    const all: SlackDeps = {
      ...deps,
      installations,
      actionTokens: createActionTokens({ key: key(7) }),
      secretKey: key(9),
      options,
    };
    door.app = createSlackApp(all);
    const { requesterMayApprove = true, untaggedReplies = true } = bench;
    return { ...door.app, requesterMayApprove, untaggedReplies };
  };

  let server: CoreServer = await startCore(stores, makeEdge);
  let root: SlackMessage | undefined;

  const stop = async (): Promise<void> => {
    let hasStopped = false;
    const stopped = server.stop().finally(() => {
      hasStopped = true;
    });
    await clock.until(() => hasStopped);
    await stopped;
  };
  const time = wire.time(clock, { held: slack.api.held, busy: slack.courier.busy });
  const quiet = async (): Promise<void> => {
    if (bench.socket !== true) return time.quiet();
    // What a socket carries is seen only where it arrives.
    await slack.quiet();
    await settle();
    await slack.quiet();
  };

  const written = (message: SlackMessage): SlackWritten => ({ id: message.ts, message });
  const rootOf = (): SlackMessage => {
    if (root === undefined) throw new Error('nothing was started');
    return root;
  };
  const say = async (person: Person, text: string): Promise<SlackWritten> => {
    const user = people[person];
    const thread = rootOf();
    const message =
      bench.direct === true
        ? slack.people.dm(user, text, { thread })
        : slack.people.say(user, general, text, { thread });
    return written(message);
  };
  const mention = (text: string): string => (bench.direct === true ? text : `@threadcast ${text}`);

  const surface: SurfaceBench = {
    clock,
    stores,
    agents: stores.agents,
    quiet,
    async start(person, text) {
      root =
        bench.direct === true
          ? slack.people.dm(people[person], text)
          : slack.people.say(people[person], general, `@threadcast ${text}`);
      return written(root);
    },
    say: (person, text) => say(person, mention(text)),
    command: (person, text) =>
      say(person, bench.direct === true ? `/${text}` : `@threadcast ${text}`),
    async deliverAgain(again) {
      slack.events.posted((again as SlackWritten).message);
    },
    edit: async (changed, text) =>
      slack.people.edit((changed as SlackWritten).message, mention(text)),
    remove: async (removed) => slack.people.remove((removed as SlackWritten).message),
    shown: async () => slack.answers(rootOf()).map((each) => slack.read(each)),
    told: async (person) =>
      slack.state
        .thread(rootOf().channel, rootOf().ts)
        .filter((each) => each.onlyFor === people[person].id)
        .map((each) => slack.read(each)),
    marks: async (marked) => {
      const { reactions } = (marked as SlackWritten).message;
      return [...reactions.keys()].flatMap((name) => MARKS[name] ?? []);
    },
    buttons: async (): Promise<readonly SlackButton[]> =>
      slack.answers(rootOf()).flatMap((message) =>
        labelsOf(message).map((label) => ({
          label,
          message: { ...message, blocks: message.blocks },
        })),
      ),
    async press(person, pressed) {
      const { message, label } = pressed as SlackButton;
      slack.people.click(people[person], message, label);
    },
    async restart() {
      await stop();
      server = await startCore(stores, makeEdge);
    },
    async close() {
      await stop();
      await new Promise<void>((resolve) => {
        door.server.closeAllConnections();
        door.server.close(() => resolve());
      });
      await slack.close();
      wire.close();
      if (slack.broken.length > 0) throw new AggregateError(slack.broken, 'the fake broke');
      if (slack.api.violations.length > 0) {
        throw new Error(`violations: ${JSON.stringify(slack.api.violations)}`);
      }
    },
  };
  return {
    ...surface,
    time,
    slack,
    door,
    ann,
    bob,
    eve,
    general,
    people,
    installations,
    app: () => door.app,
    server: () => server,
    root: rootOf,
    openedAt: (message: SlackMessage): void => {
      root = message;
    },
  };
}

/** Labels of the buttons in a message's blocks. */
const labelsOf = ({ blocks }: SlackMessage): readonly string[] =>
  [...JSON.stringify(blocks).matchAll(/"type":"button".*?"text":"(.*?)"/g)].map(
    ([, label = '']) => label,
  );

export type SlackBench = Awaited<ReturnType<typeof openSlack>>;
