/** What posts to the webhook address of GitHub without being GitHub. */
import { createHmac } from 'node:crypto';
import { describeHostileRequests } from '../contracts/hostile-requests.ts';
import { openGitHub, WEBHOOKS } from './bench.ts';

describeHostileRequests('GitHub', async () => {
  const bench = await openGitHub();
  const { github, stores, people, ann, repo, hooks } = bench;
  const bodies: string[] = [];
  hooks.target = async (_headers, body) => {
    bodies.push(body);
    return { status: 202 };
  };
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast mend the totals');
  await hooks.idle();
  const genuine = bodies.at(-1) ?? '';
  await bench.quiet();
  let counted = 0;
  return {
    clock: bench.clock,
    path: new URL(WEBHOOKS).pathname,
    handle: bench.webhook,
    sign: (body) => {
      counted += 1;
      const hash = createHmac('sha256', github.secret).update(body).digest('hex');
      return {
        'content-type': 'application/json',
        'x-github-event': 'issue_comment',
        'x-github-delivery': `delivery-${counted}`,
        'x-hub-signature-256': `sha256=${hash}`,
      };
    },
    genuine,
    largest: 25 * 1024 * 1024,
    effects: async () => ({
      pending: await stores.deliveries.pending('github', 100),
      prompts: [...stores.agents.prompts],
      rows: stores.outbox.rows().length,
      writes: github.calls.filter(
        ({ method, path }) => method !== 'GET' && !path.startsWith('/app'),
      ),
    }),
    close: bench.close,
  };
});
