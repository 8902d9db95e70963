/** Where the App is installed, what it sees there, and how many calls are left. */
import { z } from 'zod';
import type { Finding } from '../command.ts';
import type { GitHubManifest } from '../manifests.ts';
import type { Ask } from './github-app.ts';
import { lackingPermissions } from './github-lacks.ts';

const installationsSchema = z.array(
  z.object({
    id: z.number(),
    account: z.object({ login: z.string() }).nullable(),
    html_url: z.string(),
    permissions: z.record(z.string(), z.string()),
    suspended_at: z.string().nullable().optional(),
  }),
);
type Installation = z.output<typeof installationsSchema>[number];
const tokenSchema = z.object({ token: z.string() });
const repositoriesSchema = z.object({
  total_count: z.number(),
  repositories: z.array(z.object({ name: z.string() })),
});

/** Looked into one by one; of the rest only the number is told. */
const MOST = 10;
const NAMED = 5;
/** Below this share of the hour's calls it is told. */
const LOW_SHARE = 0.1;

export async function installationFindings(
  ask: Ask,
  app: { readonly html_url: string },
  asked: GitHubManifest,
): Promise<readonly Finding[]> {
  const answer = await ask('/app/installations?per_page=100');
  if (!answer.ok) return [];
  const all = installationsSchema.parse(await answer.json());
  if (all.length === 0) {
    const mend = `Open ${app.html_url}/installations/new, choose the repositories, and press Install.`;
    return [{ state: 'bad', says: 'The App is installed nowhere, so it hears nothing.', mend }];
  }
  const findings = await Promise.all(
    all.slice(0, MOST).map((installation) => lookInto(ask, installation, asked)),
  );
  const rest = all.length - MOST;
  const more: readonly Finding[] =
    rest > 0 ? [{ state: 'note', says: `GitHub: ${rest} more installations` }] : [];
  return [...findings.flat(), ...more];
}

async function lookInto(
  ask: Ask,
  { id, account, html_url: page, permissions, suspended_at: suspended }: Installation,
  asked: GitHubManifest,
): Promise<readonly Finding[]> {
  const who = account?.login ?? `installation ${id}`;
  if (suspended) {
    const mend = `Unsuspend it at ${page}, or uninstall it there.`;
    return [{ state: 'bad', says: `GitHub: the installation for ${who} is suspended.`, mend }];
  }
  const lacking = lackingPermissions(permissions, asked);
  const old: readonly Finding[] =
    lacking.length === 0
      ? []
      : [
          {
            state: 'bad',
            says: `GitHub: ${who} has not accepted ${lacking.join(', ')}.`,
            mend: `An owner of ${who} accepts the request at ${page}.`,
          },
        ];
  const made = await ask(`/app/installations/${id}/access_tokens`, { method: 'POST' });
  if (!made.ok) {
    const mend = `Look at ${page}, and at https://www.githubstatus.com.`;
    const says = `GitHub gives no token for ${who}: status ${made.status}.`;
    return [...old, { state: 'bad', says, mend }];
  }
  const { token } = tokenSchema.parse(await made.json());
  try {
    const answer = await ask('/installation/repositories?per_page=100', { token });
    return [...old, await repositoriesOf(answer, who, page), ...rateFindings(answer, who)];
  } finally {
    await ask('/installation/token', { method: 'DELETE', token });
  }
}

async function repositoriesOf(answer: Response, who: string, page: string): Promise<Finding> {
  if (!answer.ok) {
    const says = `GitHub answers with status ${answer.status} when it is asked for the repositories of ${who}.`;
    return { state: 'bad', says, mend: 'Try again in some minutes.' };
  }
  const { total_count: total, repositories } = repositoriesSchema.parse(await answer.json());
  if (total === 0) {
    const says = `GitHub: ${who} has given the App no repository.`;
    return { state: 'bad', says, mend: `Add repositories at ${page}.` };
  }
  const names = repositories.slice(0, NAMED).map(({ name }) => name);
  const list = total > NAMED ? [...names, '…'] : names;
  return { state: 'good', says: `GitHub: installed for ${who} in ${total}: ${list.join(', ')}` };
}

function rateFindings({ headers }: Response, who: string): readonly Finding[] {
  const [left, limit, reset] = ['remaining', 'limit', 'reset'].map((name) =>
    Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN),
  );
  if (left === undefined || limit === undefined || !(left < limit * LOW_SHARE)) return [];
  const until = reset ? ` until ${new Date(reset * 1000).toISOString()}` : '';
  const says = `GitHub: ${left} of ${limit} calls are left for ${who}${until}; messages come slower`;
  return [{ state: 'note', says }];
}
