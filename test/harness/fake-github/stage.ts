/** A fake GitHub with an organisation, a repository and somebody who works in it, for tests. */
import { createManualClock } from '../manual-clock.ts';
import { field } from './api-client.ts';
import { createFakeGitHub } from './fake-github.ts';
import type { FakeGitHub, FakeGitHubOptions } from './fake-github.ts';

const opened: FakeGitHub[] = [];

/** Stops what `stage` opened; throws when the App under test broke the rules of the API. */
export async function closeStages(): Promise<void> {
  for (const github of opened.splice(0)) {
    await github.stop();
    if (github.errors.length > 0) throw new Error(github.errors.join('\n'));
  }
}

/** A webhook that arrived. */
interface Heard {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function stage(options: FakeGitHubOptions = {}) {
  const clock = createManualClock();
  const heard: Heard[] = [];
  const answers = { status: 202 };
  const github = await createFakeGitHub({
    clock,
    target: async (headers, body) => {
      heard.push({ headers, body });
      return { status: answers.status };
    },
    ...options,
  });
  opened.push(github);
  const acme = github.world.user('acme', 'Organization');
  const alice = github.user('alice');
  const repo = github.world.repo('shop', { owner: acme, roles: [[alice, 'write']] });
  const installation = github.people.install(alice, acme, [repo]);
  await github.hooks.idle();
  heard.splice(0);
  const events = (): string[] =>
    heard.map(({ headers, body }) => {
      const payload: unknown = JSON.parse(body);
      const sender = field(field(payload, 'sender'), 'login');
      return `${headers['x-github-event']}.${String(field(payload, 'action'))} by ${String(sender)}`;
    });
  return { clock, github, heard, events, answers, acme, alice, repo, installation };
}
