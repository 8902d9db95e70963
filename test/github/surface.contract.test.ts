/** GitHub keeps the contract of surfaces. Presses are ticks of a box in the request's comment. */
import { describeSurface } from '../contracts/surface.contract.ts';
import type { Button, Person, SurfaceBench, Written } from '../contracts/surface.under-test.ts';
import type { Comment, Issue } from '../harness/fake-github/model.ts';
import { flipBox } from '../harness/fake-github/people.ts';
import { openGitHub } from './bench.ts';

interface Box extends Button {
  readonly comment: Comment;
  /** As it was when the page was loaded. */
  readonly body: string;
}

/** What one person is told stands in the thread too: GitHub has no messages for one. */
const TOLD = /^⚠️ \*\*\w+\*\*:/;
const BOX = /^- \[ \] \*\*(.+?)\*\* <!-- answer:/gm;

const MARKS: Readonly<Record<string, 'ok' | 'bad'>> = { hooray: 'ok', confused: 'bad' };

async function open(): Promise<SurfaceBench> {
  const bench = await openGitHub();
  const { people, repo, github, hooks } = bench;
  const who = { asker: bench.ann, maintainer: bench.mia, outsider: bench.eve };
  let issue: Issue | undefined = undefined;
  const written = new Map<string, Comment>();

  const thread = (): Issue => {
    if (issue === undefined) throw new Error('no thread');
    return issue;
  };
  const comment = async (person: Person, text: string): Promise<Written> => {
    const made = people.comment(who[person], thread(), text);
    written.set(String(made.id), made);
    await bench.quiet();
    return { id: String(made.id) };
  };
  const commentOf = ({ id }: Written): Comment => {
    const found = written.get(id);
    if (found === undefined) throw new Error(`no comment ${id}`);
    return found;
  };
  const notices = (person: Person): readonly string[] =>
    github
      .botComments(thread())
      .map(({ body }) => body)
      .filter((body) => body.startsWith(`⚠️ **${who[person].login}**`));

  return {
    clock: bench.clock,
    stores: bench.stores,
    agents: bench.agents,
    quiet: bench.quiet,
    start: async (person, text) => {
      issue = people.openIssue(who.asker, repo, { title: 'Something to do', body: null });
      return comment(person, `@threadcast ${text}`);
    },
    say: (person, text) => comment(person, `@threadcast ${text}`),
    command: (person, text) => comment(person, `/${text}`),
    deliverAgain: async (message) => {
      const body = `"id":${message.id},`;
      const delivery = hooks.deliveries.find(
        (one) => one.event === 'issue_comment' && one.body.includes(body),
      );
      if (delivery === undefined) throw new Error('nothing was delivered');
      await hooks.redeliver(delivery);
      await bench.quiet();
    },
    edit: async (message, text) => {
      const made = commentOf(message);
      people.editComment(made.author, made, `@threadcast ${text}`);
      await bench.quiet();
    },
    remove: async (message) => {
      const made = commentOf(message);
      people.deleteComment(made.author, made);
      await bench.quiet();
    },
    shown: async () =>
      issue === undefined
        ? []
        : github
            .botComments(issue)
            .map(({ body }) => plain(body))
            .filter((body) => !TOLD.test(body)),
    marks: async (message) =>
      github.world.reactions
        .filter(({ subject }) => subject === `comment:${message.id}`)
        .flatMap(({ content }) => MARKS[content] ?? []),
    told: async (person) => notices(person === 'outsider' ? 'asker' : person),
    buttons: async (): Promise<readonly Box[]> =>
      issue === undefined
        ? []
        : github.botComments(issue).flatMap((one) =>
            [...one.body.matchAll(BOX)].map(([, label = '']) => ({
              label,
              comment: one,
              body: one.body,
            })),
          ),
    press: async (person, button) => {
      const { comment: asked, label, body } = button as Box;
      // The outsider of the contract may tick (write access) and may not approve.
      const user = person === 'outsider' ? bench.ann : who[person];
      people.editComment(user, asked, flipBox(body, label));
      await bench.quiet();
    },
    restart: bench.restart,
    close: bench.close,
  };

  /** Without what readers do not see. */
  function plain(body: string): string {
    return body.replace(/<!--[\s\S]*?-->/g, '').replaceAll('\u200b', '');
  }
}

describeSurface({
  name: 'GitHub',
  lacks: {},
  showsRequests: true,
  longAnswer: 200_000,
  open,
});
