/** Issues and pull requests of the same repository that a text refers to: what they are about. */
import { isNotFound } from '../client/failures.ts';
import type { Site } from '../client/comments.ts';
import type { Edge } from '../deps.ts';
import { author, NOTE, writes, type Given } from './given.ts';
import { cut, quoted, resource, visibleOnly } from './quoted.ts';

const LIMITS = { items: 5, body: 4_000 } as const;
const NOTHING: Given = { blocks: [], tainted: false };

/** `#7` and addresses of this repository, but not `other/repo#7` and not `&#7;`. */
function numbersIn(text: string, { owner, repo }: Site['name']): readonly number[] {
  const slug = `${owner}/${repo}`.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = text.matchAll(
    new RegExp(
      String.raw`(?:(?<![\w/&#.-])#|(?<![\w/])${slug}#|/${slug}/(?:issues|pull)/)(\d{1,9})\b`,
      'gi',
    ),
  );
  return [...new Set([...found].map(([, number]) => Number(number)))];
}

export async function linkedItems(edge: Edge, site: Site, text: string): Promise<Given> {
  const { name, place } = site;
  const all = numbersIn(visibleOnly(text), name).filter((number) => number !== place.number);
  if (all.length === 0) return NOTHING;
  const items = await Promise.all(
    all.slice(0, LIMITS.items).map((number) => linkedItem(edge, site, number)),
  );
  const found = items.filter((item) => item !== undefined);
  const rest = all.slice(LIMITS.items).map((number) => `#${number}`);
  if (found.length === 0 && rest.length === 0) return NOTHING;
  const said = [NOTE, ...found.map((item) => item.text)];
  if (rest.length > 0) said.push(`Left out: what else is referred to (${rest.join(', ')}).`);
  const { owner, repo } = name;
  return {
    blocks: [resource(`github:linked/${owner}/${repo}/${place.number}`, said.join('\n\n'))],
    tainted: found.some(({ tainted }) => tainted),
  };
}

/** The text only of who may write: of others the title says what it is about. */
async function linkedItem(edge: Edge, { octokit, name, place }: Site, number: number) {
  try {
    const { data } = await octokit.rest.issues.get({ ...name, issue_number: number });
    const mayWrite = await writes(edge, place, data.user);
    const what = data.pull_request ? 'Pull request' : 'Issue';
    const title = quoted(visibleOnly(data.title));
    const head = `${what} #${number} (${data.state}), by ${author(data.user, mayWrite)}:\n${title}`;
    const body = mayWrite ? cut(visibleOnly(data.body ?? ''), LIMITS.body) : '';
    const text = mayWrite
      ? [head, ...(body === '' ? [] : [`Its text:\n${quoted(body)}`])].join('\n')
      : `${head}\nIts text is left out.`;
    return { text, tainted: !mayWrite };
  } catch (error) {
    // A number that is none, or not for our eyes.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
