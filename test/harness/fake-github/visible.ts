/** A thread as a person sees it on the page: for inline snapshots. */
import type { CheckRun, Issue } from './model.ts';
import type { World } from './world.ts';

/** HTML comments are not seen; what is left keeps its lines. */
function seen(body: string): string {
  return body
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');

function reactionsOf(world: World, subject: string): string {
  const found = world.reactions.filter((one) => one.subject === subject);
  return found.map(({ content, user }) => ` (${content} ${user.login})`).join('');
}

function checkRunText(run: CheckRun): string {
  const text = (name: string): string => {
    const value = run.output?.[name];
    return typeof value === 'string' ? value : '';
  };
  const lines = [
    `check ${run.name}: ${run.conclusion ?? run.status}`,
    indent(seen([text('title'), text('summary'), text('text')].filter(Boolean).join('\n'))),
    ...run.actions.map(({ label, description }) => `  [${label}] ${description}`),
  ];
  return lines.filter((line) => line !== '').join('\n');
}

export function visible(world: World, issue: Issue): string {
  const { pull } = issue;
  const state = pull?.mergedAt ? 'merged' : issue.state;
  const labels = issue.labels.map((label) => ` {${label}}`).join('');
  const head = `#${issue.number} ${issue.title} (${state})${labels}${reactionsOf(world, `issue:${issue.id}`)}`;
  const said = [
    ...world.comments
      .filter((one) => one.issue === issue && !one.deleted)
      .map((one) => ({
        at: one.createdAt,
        id: one.id,
        text: `${one.author.login}${reactionsOf(world, `comment:${one.id}`)}:\n${indent(seen(one.body))}`,
      })),
    ...world.reviews
      .filter((one) => one.issue === issue && one.body !== null && one.body !== '')
      .map((one) => ({
        at: one.submittedAt,
        id: one.id,
        text: `${one.author.login} reviewed (${one.state}):\n${indent(seen(one.body ?? ''))}`,
      })),
    ...world.reviewComments
      .filter((one) => one.issue === issue && !one.deleted)
      .map((one) => ({
        at: one.createdAt,
        id: one.id,
        text: `${one.author.login} on ${one.path}:${one.line}${
          one.inReplyTo === null ? '' : ' (reply)'
        }${reactionsOf(world, `review-comment:${one.id}`)}:\n${indent(seen(one.body))}`,
      })),
  ].toSorted((a, b) => a.at - b.at);
  const checks =
    pull === null
      ? []
      : world.checkRuns.filter((run) => run.repo === issue.repo && run.headSha === pull.head.sha);
  return [
    head,
    ...(issue.body ? [`${issue.author.login}:\n${indent(seen(issue.body))}`] : []),
    ...said.map(({ text }) => text),
    ...checks.map(checkRunText),
  ].join('\n\n');
}
