/** Somebody who may not, on GitHub: every verb in a conversation and in a review thread. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askAndWait, expectRefusals, type RefusalStage } from '../contracts/refusals.ts';
import type { Comment, ReviewComment, User } from '../harness/fake-github/model.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
beforeEach(async () => {
  bench = await openGitHub({}, { tokenMs: 24 * 3_600_000 });
});
afterEach(() => bench.close());

const FILE = {
  filename: 'src/total.ts',
  status: 'modified',
  patch: '@@ -1,2 +1,2 @@\n const a = 1;\n-const b = a;\n+const b = a + 1;',
} as const;

const PEOPLE = {
  'a visitor': { make: () => bench.eve, holds: 'read', told: 1 },
  'a collaborator who may read': {
    make: () => withRole('rea', 'read'),
    holds: 'read',
    told: 1,
  },
  'one who may triage': { make: () => withRole('tia', 'triage'), holds: 'read', told: 1 },
  'a bot': { make: () => bench.world.user('renovate[bot]', 'Bot'), holds: null, told: 0 },
} as const;

function withRole(login: string, role: 'read' | 'triage'): User {
  const user = bench.world.user(login);
  bench.people.setRole(bench.repo, user, role);
  return user;
}

const PLACES = {
  'an issue': async (who: User): Promise<Pick<RefusalStage, 'say' | 'messages'>> => {
    const { people, repo, ann, github } = bench;
    const issue = people.openIssue(ann, repo, { title: 'Totals' });
    people.comment(ann, issue, '@threadcast mend the totals');
    await bench.until(() => github.botComments(issue).length === 2);
    people.comment(ann, issue, '@threadcast and then the tests');
    await bench.until(() => github.botComments(issue).length === 3);
    return {
      say: (text) => void people.comment(who, issue, `@threadcast ${text}`),
      messages: () => github.botComments(issue).map(({ body }) => body),
    };
  },
  'a review thread': async (who: User): Promise<Pick<RefusalStage, 'say' | 'messages'>> => {
    const { people, repo, ann, mia, world } = bench;
    const pull = people.openPull(ann, repo, { title: 'Totals', files: [FILE] });
    const ask = (body: string) =>
      people.reviewComment(mia, pull, { path: FILE.filename, line: 2, body });
    const root: ReviewComment = ask('@threadcast why plus one?');
    const ours = (): readonly Comment['body'][] =>
      world.reviewComments
        .filter((one) => one.author === world.app.bot && !one.deleted)
        .map(({ body }) => body);
    await bench.until(() => ours().length === 2);
    people.reply(ann, root, '@threadcast and then the tests');
    await bench.until(() => ours().length === 3);
    return {
      say: (text) => void people.reply(who, root, `@threadcast ${text}`),
      messages: ours,
    };
  },
} as const;

describe.each(Object.entries(PLACES))('in %s', (place, begin) => {
  test.each(Object.entries(PEOPLE))('%s is refused every verb', async (name, person) => {
    const who = person.make();
    askAndWait(bench.agents);
    const thread = await begin(who);
    const { sessions } = bench.stores.memory;
    const [session] = (await sessions.sessions({}, null, 1)).data;
    const [request] = session === undefined ? [] : await sessions.pendingPermissions(session.id);
    const stage = { ...thread, stores: bench.stores, code: request?.code ?? '', pass: bench.pass };
    expect(stage.code).not.toBe('');
    const { holds, told } = person;
    await expectRefusals(`GitHub, ${place}, ${name}`, stage, { holds, told, id: String(who.id) });
  });
});
