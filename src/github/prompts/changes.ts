/** What a pull request changes, capped: files that are made by machines are named only. */
import type { Site } from '../client/comments.ts';
import { codeOf } from './quoted.ts';

const LIMITS = { all: 60_000, file: 12_000, files: 300 } as const;
const MADE_BY_MACHINES =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock|go\.sum|flake\.lock)$|\.(min\.(js|css)|map|snap|pb\.go|lock)$|(^|\/)(dist|vendor|node_modules|generated|__generated__)\//;

type ChangedFile = Awaited<
  ReturnType<Site['octokit']['rest']['pulls']['listFiles']>
>['data'][number];

/** As many as are told of: of a huge change not all are read. */
export async function firstFiles({ octokit, name, place }: Site): Promise<readonly ChangedFile[]> {
  const files: ChangedFile[] = [];
  const pages = octokit.paginate.iterator(octokit.rest.pulls.listFiles, {
    ...name,
    pull_number: place.number,
    per_page: 100,
  });
  for await (const { data } of pages) {
    files.push(...data);
    if (files.length >= LIMITS.files) break;
  }
  return files;
}

/** `count`: of all that the pull request changes. */
export function describeFiles(files: readonly ChangedFile[], count: number): string {
  let left: number = LIMITS.all;
  const shown: string[] = [];
  const named: string[] = [];
  for (const { filename, patch, additions, deletions, status } of files.slice(0, LIMITS.files)) {
    const head = `${filename} (${status}, +${additions} -${deletions})`;
    const fits = patch !== undefined && patch.length <= Math.min(LIMITS.file, left);
    if (!fits || MADE_BY_MACHINES.test(filename)) named.push(`- ${head}`);
    else {
      shown.push(`${head}:\n${codeOf(patch)}`);
      left -= patch.length;
    }
  }
  const more = count - LIMITS.files;
  return [
    `The pull request changes ${count} ${count === 1 ? 'file' : 'files'}.`,
    ...shown,
    ...(named.length > 0
      ? [`Without their text (generated, too long or binary):\n${named.join('\n')}`]
      : []),
    ...(more > 0 ? [`${more} more files were left out.`] : []),
  ].join('\n\n');
}
