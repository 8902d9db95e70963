/** Somebody who may not, on GitHub: every verb in a conversation and in a review thread. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askAndWait, expectRefusals, stateOf, type RefusalStage } from '../contracts/refusals.ts';
import type { Comment, Issue, ReviewComment, User } from '../harness/fake-github/model.ts';
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

/** What an outsider asks is shown to maintainers on a card of its own each time (chat.md §5). */
const isNoCard = (body: string): boolean => !body.includes('ok-to-run');

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
      messages: () =>
        github
          .botComments(issue)
          .map(({ body }) => body)
          .filter(isNoCard),
    };
  },
  'a review thread': async (who: User): Promise<Pick<RefusalStage, 'say' | 'messages'>> => {
    const { people, repo, ann, mia, world } = bench;
    const pull = people.openPull(ann, repo, { title: 'Totals', files: [FILE] });
    const ask = (body: string) =>
      people.reviewComment(mia, pull, { path: FILE.filename, line: 2, body });
    const root: ReviewComment = ask('@threadcast why plus one?');
    const ours = (): readonly string[] =>
      world.reviewComments
        .filter((one) => one.author === world.app.bot && !one.deleted)
        .map(({ body }) => body)
        .filter(isNoCard);
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

/** A pull request on which Ann's turn asks for permission; its comments of ours. */
async function asking() {
  const { people, repo, ann, github, agents } = bench;
  askAndWait(agents);
  const pull = people.openPull(ann, repo, { title: 'Totals', files: [FILE] });
  people.comment(ann, pull, '@threadcast mend the totals');
  const card = (): Comment | undefined =>
    github.botComments(pull).find(({ body }) => body.includes('answer:'));
  await bench.until(() => card() !== undefined && bench.world.checkRuns.length === 1);
  const request = card();
  const [run] = bench.world.checkRuns;
  if (request === undefined || run === undefined) throw new Error('nothing is asked');
  return { pull, request, run };
}

type Asking = Awaited<ReturnType<typeof asking>>;

/** Ways without a verb; the one who acts is offered them by GitHub, and may not by us. */
const WAYS: Readonly<
  Record<string, { who(): User; act(on: Asking, who: User): void; told: number }>
> = {
  'a tick': {
    who: () => bench.ann,
    act: ({ request }, who) => bench.people.tick(who, request, 'Allow once'),
    told: 1,
  },
  'a button of the check run': {
    who: () => bench.ann,
    act: ({ run }, who) => bench.people.requestAction(who, run, 'allow'),
    told: 1,
  },
  'a label': {
    who: () => withRole('tia', 'triage'),
    act: ({ pull }, who) => {
      if (pull.labels.includes('agent')) bench.people.unlabel(bench.mia, pull, 'agent');
      bench.people.label(who, pull, 'agent');
    },
    told: 1,
  },
  'the text of a new issue': {
    who: () => bench.eve,
    act: (_on, who) =>
      void bench.people.openIssue(who, bench.repo, { title: 'Hello', body: '@threadcast do it' }),
    told: 0,
  },
};

test.each(Object.entries(WAYS))('%s by somebody who may not', async (name, { who, act, told }) => {
  const on = await asking();
  const { github, stores } = bench;
  const actor = who();
  const said = (pull: Issue): number =>
    github.botComments(pull).filter(({ body }) => isNoCard(body)).length;
  const refused = (): number =>
    stores.memory.decisions.filter(
      (one) => one.actor.id === String(actor.id) && one.outcome === 'refused',
    ).length;
  const [before, saidBefore] = [await stateOf(stores), said(on.pull)];
  for (const time of [1, 2, 3]) {
    act(on, actor);
    await bench.pass(5_000);
    expect({ time, refused: refused() }).toEqual({ time, refused: time });
    expect(await stateOf(stores)).toBe(before);
  }
  console.log(
    `GitHub, ${name}: refused ${refused()}×, nothing changed, said ${said(on.pull) - saidBefore}×`,
  );
  expect(said(on.pull) - saidBefore).toBe(told);
});
