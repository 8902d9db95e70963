/** Is the GitHub App as app.yml asks, and does it send its webhooks here? */
import { createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { CliConfig, Finding } from '../command.ts';
import { githubSite, WEBHOOK_PATH } from '../github-site.ts';
import type { GitHubManifest } from '../manifests.ts';
import { DEADLINE_MS, unreachable } from './unreachable.ts';

type GitHub = NonNullable<CliConfig['github']>;

/** GitHub takes tokens that are at most ten minutes old. */
const SKEW_MS = 60_000;
const LEVELS = ['none', 'read', 'write', 'admin'];

const appSchema = z.object({
  slug: z.string(),
  html_url: z.string(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
});
type App = z.output<typeof appSchema>;
const hookSchema = z.object({ url: z.string().optional() });

export async function checkGitHub(
  { github, publicUrl }: Pick<CliConfig, 'publicUrl'> & { readonly github: GitHub },
  asked: GitHubManifest,
  now: () => number,
): Promise<readonly Finding[]> {
  const key = await readKey(github);
  if ('state' in key) return [key];
  const { api } = githubSite(github);
  const ask = async (path: string): Promise<Response> =>
    fetch(`${api}${path}`, {
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token(github.appId, key.key, now())}`,
      },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  let answer: Response;
  try {
    answer = await ask('/app');
  } catch (error) {
    return [unreachable('GitHub', api, error)];
  }
  const skew = clockFinding(answer, now());
  if (!answer.ok) return [refused(answer.status), ...skew];
  const app = appSchema.parse(await answer.json());
  return [
    { state: 'good', says: `GitHub: the App ${app.slug} answers` },
    ...skew,
    ...wants(app, asked),
    await hookFinding(await ask('/app/hook/config'), app, publicUrl),
  ];
}

async function readKey({ privateKey }: GitHub): Promise<{ readonly key: KeyObject } | Finding> {
  const mend = "Make a new key on the App's page (Private keys) and set PRIVATE_KEY to it.";
  try {
    const pem = 'pem' in privateKey ? privateKey.pem : await readFile(privateKey.file, 'utf8');
    return { key: createPrivateKey(pem) };
  } catch {
    const says = 'pem' in privateKey ? 'PRIVATE_KEY' : `PRIVATE_KEY_PATH ${privateKey.file}`;
    return { state: 'bad', says: `${says} holds no key that can be read.`, mend };
  }
}

function token(appId: number, key: KeyObject, now: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(now / 1000);
  const claims = { iat: seconds - 30, exp: seconds + 300, iss: String(appId) };
  const head = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
}

function refused(status: number): Finding {
  if (status === 401 || status === 404) {
    const mend =
      "Set APP_ID to the number on the App's page, and PRIVATE_KEY to a key of that App.";
    return { state: 'bad', says: 'GitHub does not know this App by this key.', mend };
  }
  const says = `GitHub answers with status ${status} when the App asks who it is.`;
  return { state: 'bad', says, mend: 'Look at https://www.githubstatus.com and try again.' };
}

function clockFinding(answer: Response, now: number): readonly Finding[] {
  const theirs = Date.parse(answer.headers.get('date') ?? '');
  const skew = now - theirs;
  if (Number.isNaN(theirs) || Math.abs(skew) <= SKEW_MS) return [];
  const says = `The clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} GitHub's.`;
  const mend = 'Set the clock (timedatectl set-ntp true) and keep it in step by NTP.';
  return [{ state: 'bad', says, mend }];
}

function wants(app: App, asked: GitHubManifest): readonly Finding[] {
  const rank = (level: string | undefined): number => LEVELS.indexOf(level ?? 'none');
  const permissions = Object.entries(asked.default_permissions)
    .filter(([name, level]) => rank(app.permissions[name]) < rank(level))
    .map(([name, level]) => `${name}: ${level}`);
  const events = asked.default_events.filter((event) => !app.events.includes(event));
  if (permissions.length === 0 && events.length === 0) {
    return [{ state: 'good', says: 'GitHub: permissions and events as app.yml asks' }];
  }
  const lacks = (what: string, names: readonly string[], mend: string): readonly Finding[] =>
    names.length === 0
      ? []
      : [{ state: 'bad', says: `The App lacks ${what}: ${names.join(', ')}.`, mend }];
  const page = `App settings of ${app.html_url}, Permissions & events`;
  return [
    ...lacks(
      'permissions',
      permissions,
      `${page}: grant them, then accept them where it is installed.`,
    ),
    ...lacks('events', events, `${page}: subscribe to them.`),
  ];
}

async function hookFinding(
  answer: Response,
  app: App,
  publicUrl: string | undefined,
): Promise<Finding> {
  const mine = publicUrl === undefined ? undefined : `${publicUrl}${WEBHOOK_PATH}`;
  const url = answer.ok ? hookSchema.parse(await answer.json()).url : undefined;
  if (mine === undefined) {
    return {
      state: 'bad',
      says: 'PUBLIC_URL is not set, so GitHub cannot be told where to send webhooks.',
      mend: `Set PUBLIC_URL to the address of this server; the App's webhook URL is that and ${WEBHOOK_PATH}.`,
    };
  }
  if (url === mine) return { state: 'good', says: `GitHub: webhooks go to ${mine}` };
  return {
    state: 'bad',
    says: `The App sends its webhooks to ${url ?? 'nowhere'}, not here.`,
    mend: `Set the Webhook URL in the App settings of ${app.html_url} to ${mine}, and make it active.`,
  };
}
