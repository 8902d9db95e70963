/** The web thread keeps the contract of surfaces. One person has the login; others have none. */
import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import { createActionTokens } from '../../src/core/access/action-token.ts';
import { createFolds } from '../../src/core/presenter/folds.ts';
import { parseId } from '../../src/core/model/ids.ts';
import { createWebApp } from '../../src/web/app.ts';
import type { WebEnv } from '../../src/web/deps.ts';
import { createWebSurface } from '../../src/web/client/web-surface.ts';
import { createLogin } from '../../src/web/login.ts';
import { describeSurface } from '../contracts/surface.contract.ts';
import type { Button, Person, SurfaceBench, Written } from '../contracts/surface.under-test.ts';
import {
  createCoreStores,
  startCore,
  type CoreServer,
  type EdgeDeps,
} from '../harness/core-bench.ts';
import { settle } from '../harness/manual-clock.ts';
import { readHtml } from './read-html.ts';
import { createMemoryHosted, createMemoryLogouts } from './stage.ts';

const ORIGIN = 'http://web.test';
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

interface WebButton extends Button {
  readonly token: string;
}

interface WebWritten extends Written {
  readonly path: string;
  readonly text: string;
}

async function openWeb(): Promise<SurfaceBench> {
  const stores = createCoreStores();
  const { clock } = stores;
  const hosted = createMemoryHosted();
  const told: Record<Person, string[]> = { asker: [], maintainer: [], outsider: [] };
  let page: Hono<WebEnv> | undefined = undefined;
  let cookie = '';
  let threadPath = '';

  const makeEdge = (deps: EdgeDeps) => {
    const actionTokens = createActionTokens({ key: key(7) });
    const login = createLogin({ key: key(8), clock });
    page = createWebApp({
      ...deps,
      hosted,
      transcript: createFolds(stores.memory.sessions).transcript,
      threadUrl: async () => undefined,
      login,
      actionTokens,
      logouts: createMemoryLogouts(),
      cookieKey: key(9),
      publicUrl: ORIGIN,
      redact: (text) => text,
      defaultAgent: 'example',
    });
    const link = new URL(login.mintLink(ORIGIN));
    const logIn = async (): Promise<void> => {
      const { headers } = await send('/login', { code: link.hash.slice(1) }, '');
      cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
    };
    return { surface: createWebSurface({ ...deps, hosted, actionTokens }), start: logIn };
  };

  const send = async (path: string, fields: Record<string, string>, as = cookie) => {
    if (page === undefined) throw new Error('no page');
    return page.request(path, {
      method: 'POST',
      headers: { Origin: ORIGIN, Cookie: as, Accept: 'application/json' },
      body: new URLSearchParams(fields),
    });
  };

  let server: CoreServer = await startCore(stores, makeEdge);

  const threadId = () => {
    const id = parseId('t', threadPath.split('/').at(-1) ?? '');
    if (id === undefined) throw new Error('no thread was opened');
    return id;
  };
  /** Bodies of our messages, as HTML. */
  const bodies = async (): Promise<readonly string[]> =>
    threadPath === ''
      ? []
      : (await hosted.messages(threadId()))
          .filter(({ author }) => author.kind !== 'person')
          .map(({ body }) => body);

  const write = async (person: Person, path: string, text: string): Promise<WebWritten> => {
    const id = randomUUID();
    const response = await send(path, { id, text }, person === 'outsider' ? '' : cookie);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { location } = (await response.json()) as { location?: string };
    threadPath = location ?? threadPath;
    return { id, path, text };
  };
  const say = (person: Person, text: string) =>
    write(person, `/web/threads/${threadId()}/messages`, text);

  return {
    clock,
    stores,
    agents: stores.agents,
    quiet: () => settle(),
    start: (person, text) => write(person, '/web/threads', text),
    say,
    command: (person, text) => say(person, `/${text}`),
    async deliverAgain(message) {
      const { id, path, text } = message as WebWritten;
      await send(path, { id, text });
    },
    edit: () => Promise.reject(new Error('There is no editing')),
    remove: () => Promise.reject(new Error('There is no deleting')),
    shown: async () => (await bodies()).map(readHtml),
    told: async (person) => told[person],
    marks: async () => [],
    buttons: async (): Promise<readonly WebButton[]> =>
      (await bodies()).flatMap((body) =>
        [...body.matchAll(/<button[^>]* name="token" value="([^"]*)"[^>]*>([^<]*)</g)].map(
          ([, token = '', label = '']) => ({ token, label }),
        ),
      ),
    async press(person, pressed) {
      const { token } = pressed as WebButton;
      const response = await send('/web/action', { token }, person === 'outsider' ? '' : cookie);
      if (!response.ok) told[person].push(await response.text());
    },
    async restart() {
      await stop(server);
      server = await startCore(stores, makeEdge);
    },
    close: () => stop(server),
  };

  /** Ends the server while time passes: it waits for its workers by the clock. */
  async function stop(running: CoreServer): Promise<void> {
    let hasStopped = false;
    const stopped = running.stop().finally(() => {
      hasStopped = true;
    });
    await clock.until(() => hasStopped);
    await stopped;
  }
}

describeSurface({
  name: 'the web thread',
  lacks: {
    edit: 'a message of the page cannot be edited',
    remove: 'a message of the page cannot be deleted',
    outsiderSpeaks: 'who has no login cannot write',
    marks: 'the turn stands right below its message on the page',
  },
  longAnswer: 50_000,
  open: openWeb,
});
