/** Is the GitHub App as app.yml asks, does it send its webhooks here, and where is it installed? */
import { z } from 'zod';
import type { CliConfig, Finding } from '../command.ts';
import { githubSite } from '../github-site.ts';
import type { GitHubManifest } from '../manifests.ts';
import { skewFindings } from './clock.ts';
import { askAs } from './github-app.ts';
import type { GitHub } from './github-app.ts';
import { deliveryFindings, hookFinding } from './github-hook.ts';
import { installationFindings } from './github-installations.ts';
import { lackingEvents, lackingPermissions } from './github-lacks.ts';
import type { At } from './probe.ts';
import { unreachable } from './unreachable.ts';

const appSchema = z.object({
  slug: z.string(),
  html_url: z.string(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
});
type App = z.output<typeof appSchema>;

export async function checkGitHub(
  config: At & { readonly github: NonNullable<CliConfig['github']> },
  asked: GitHubManifest,
  now: () => number,
): Promise<readonly Finding[]> {
  const { github, publicUrl } = config;
  const asking = await askAs(github, now);
  if ('state' in asking) return [asking];
  const { ask } = asking;
  let answer: Response;
  try {
    answer = await ask('/app');
  } catch (error) {
    return [unreachable('GitHub', githubSite(github).api, error)];
  }
  const skew = skewFindings('GitHub', answer, now());
  if (!answer.ok) return [refused(answer.status, github), ...skew];
  const app = appSchema.parse(await answer.json());
  return [
    { state: 'good', says: `GitHub: the App ${app.slug} answers` },
    ...skew,
    ...wants(app, asked),
    await hookFinding(ask, app, publicUrl),
    ...(await deliveryFindings(ask, now())),
    ...(await installationFindings(ask, app, asked)),
  ];
}

function refused(status: number, { host }: GitHub): Finding {
  if (status === 401 || status === 404) {
    const mend =
      "Set APP_ID to the number on the App's page, and PRIVATE_KEY to a key of that App.";
    return { state: 'bad', says: 'GitHub does not know this App by this key.', mend };
  }
  const says = `GitHub answers with status ${status} when the App asks who it is.`;
  const mend =
    host === undefined
      ? 'Look at https://www.githubstatus.com and try again.'
      : `Look at ${host}, and whether GHE_HOST and GHE_PROTOCOL are right, and try again.`;
  return { state: 'bad', says, mend };
}

function wants(app: App, asked: GitHubManifest): readonly Finding[] {
  const permissions = lackingPermissions(app.permissions, asked);
  const events = lackingEvents(app.events, asked);
  if (permissions.length === 0 && events.length === 0) {
    return [{ state: 'good', says: 'GitHub: permissions and events as app.yml asks' }];
  }
  const lacks = (what: string, names: readonly string[], mend: string): readonly Finding[] =>
    names.length === 0
      ? []
      : [{ state: 'bad', says: `The App lacks ${what}: ${names.join(', ')}.`, mend }];
  const page = `App settings of ${app.html_url}, Permissions & events`;
  const grant = `${page}: grant them, then accept them where it is installed.`;
  return [
    ...lacks('permissions', permissions, grant),
    ...lacks('events', events, `${page}: subscribe to them.`),
  ];
}
