/** Where a repository is now. Its id never changes, its name may: names are remembered, not kept. */
import { AppError } from '../../core/model/errors.ts';
import { keepNewest } from '../../core/platforms/keep-newest.ts';
import type { GitHubAuth } from './octokit.ts';

export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

export interface Repositories {
  /** Told by every payload. */
  learn(id: number, fullName: string): void;
  /** AppError `not_found` when the installation does not see it (any more). */
  name(installationId: number, id: number): Promise<RepositoryName>;
}

const KEPT = 10_000;

export function createRepositories(auth: GitHubAuth): Repositories {
  const names = new Map<number, RepositoryName>();
  const learn = (id: number, fullName: string): void => {
    const [owner, repo] = fullName.split('/');
    if (owner === undefined || repo === undefined) return;
    keepNewest(names, id, { owner, repo }, KEPT);
  };
  return {
    learn,
    name: async (installationId, id) => {
      const known = names.get(id);
      if (known !== undefined) return known;
      const octokit = await auth.installation(installationId);
      const pages = octokit.paginate.iterator(octokit.rest.apps.listReposAccessibleToInstallation, {
        per_page: 100,
      });
      for await (const { data } of pages) {
        for (const each of data) learn(each.id, each.full_name);
        if (names.has(id)) break;
      }
      const found = names.get(id);
      if (found !== undefined) return found;
      throw new AppError('not_found', 'The App is not installed on this repository any more.');
    },
  };
}
