/** The check run beside a permission comment: posted on the head of the pull request, found by what it is about. */
import { CHECK_NAME, parseCheckRun, readExternalId } from '../renderers/check-run.ts';
import type { Site } from './comments.ts';

export async function postCheckRun(
  site: Site,
  body: string,
  signal?: AbortSignal,
): Promise<string> {
  const { octokit, name } = site;
  const { conclusion, output, actions, externalId } = parseCheckRun(body);
  const { data } = await octokit.rest.checks.create({
    ...name,
    name: CHECK_NAME,
    head_sha: await headOf(site),
    status: 'completed',
    conclusion,
    output,
    actions,
    external_id: externalId,
    request: { signal },
  });
  return `cr:${data.id}`;
}

export async function editCheckRun(
  { octokit, name }: Site,
  externalId: string,
  body: string,
  signal?: AbortSignal,
): Promise<void> {
  const { conclusion, output, actions } = parseCheckRun(body);
  await octokit.rest.checks.update({
    ...name,
    check_run_id: Number(externalId.slice(3)),
    status: 'completed',
    conclusion,
    output,
    actions,
    request: { signal },
  });
}

export async function findCheckRun(site: Site, requestId: string): Promise<string | null> {
  const { octokit, name } = site;
  const { data } = await octokit.rest.checks.listForRef({
    ...name,
    ref: await headOf(site),
    check_name: CHECK_NAME,
    filter: 'all',
    per_page: 100,
  });
  const found = data.check_runs.find(
    (run) => readExternalId(run.external_id).request === requestId,
  );
  return found === undefined ? null : `cr:${found.id}`;
}

async function headOf({ octokit, name, place }: Site): Promise<string> {
  const { data } = await octokit.rest.pulls.get({ ...name, pull_number: place.number });
  return data.head.sha;
}
