/**
 * The state of the fake GitHub and how things come into it. Ids are numeric, deterministic, and as
 * large as the real ones, so that a column that is too small shows.
 */
import type { Clock } from '../../../src/core/ports/clock.ts';
import type {
  CheckRun,
  Comment,
  GitHubApp,
  Installation,
  Issue,
  PullFile,
  PullIssue,
  Reaction,
  Repo,
  Review,
  ReviewComment,
  Role,
  User,
} from './model.ts';

export interface RepoOptions {
  readonly owner: User;
  readonly private?: boolean;
  readonly defaultBranch?: string;
  readonly roles?: readonly (readonly [User, Role])[];
  readonly files?: Readonly<Record<string, string>>;
}

export interface IssueOptions {
  readonly title: string;
  readonly body?: string | null;
  readonly labels?: readonly string[];
}

export interface PullOptions extends IssueOptions {
  readonly head?: string;
  /** Where the head branch lives; another repository = a fork. */
  readonly from?: Repo;
  readonly base?: string;
  readonly files?: readonly PullFile[];
  readonly draft?: boolean;
}

export interface World {
  readonly clock: Clock;
  readonly app: GitHubApp;
  readonly users: User[];
  readonly repos: Repo[];
  readonly issues: Issue[];
  readonly comments: Comment[];
  readonly reviews: Review[];
  readonly reviewComments: ReviewComment[];
  readonly reactions: Reaction[];
  readonly checkRuns: CheckRun[];
  readonly installations: Installation[];
  id(kind: IdKind): number;
  sha(): string;
  user(login: string, type?: User['type']): User;
  repo(name: string, options: RepoOptions): Repo;
  issue(author: User, repo: Repo, options: IssueOptions): Issue;
  pull(author: User, repo: Repo, options: PullOptions): PullIssue;
  install(account: User, repos: readonly Repo[]): Installation;
  /** The App's installation that sees the repository. */
  installationOf(repo: Repo): Installation | undefined;
}

export type IdKind = keyof typeof FIRST_IDS;

const FIRST_IDS = {
  user: 21_031_000,
  repo: 986_853_000,
  issue: 2_444_500_000,
  comment: 3_492_700_000,
  review: 2_237_895_000,
  reviewComment: 2_284_312_000,
  reaction: 301_000_000,
  checkRun: 41_494_503_000,
  installation: 57_000_000,
  delivery: 12_345_000_000,
  sha: 0,
};

export type AppOptions = Pick<GitHubApp, 'id' | 'slug' | 'name' | 'permissions' | 'events'>;

export function roleOf(repo: Repo, user: User): Role | 'none' {
  if (repo.owner === user) return 'admin';
  return repo.roles.get(user.id) ?? (repo.private ? 'none' : 'read');
}

/** May they write: needed to edit what others wrote and to press the buttons of a check run. */
export function mayWrite(repo: Repo, user: User): boolean {
  return ['admin', 'maintain', 'write'].includes(roleOf(repo, user));
}

export function createWorld(clock: Clock, appOptions: AppOptions): World {
  const last: Record<string, number> = { ...FIRST_IDS };
  const id = (kind: IdKind): number => {
    const next = (last[kind] ?? 0) + 1;
    last[kind] = next;
    return next;
  };
  const users: User[] = [];
  const user = (login: string, type: User['type'] = 'User'): User => {
    if (users.some((other) => other.login.toLowerCase() === login.toLowerCase())) {
      throw new Error(`the login ${login} is taken`);
    }
    const made: User = { id: id('user'), login, type };
    users.push(made);
    return made;
  };
  const app: GitHubApp = {
    ...appOptions,
    clientId: `Iv23li${String(appOptions.id).padStart(14, '0')}`,
    owner: user('threadcast-makers', 'Organization'),
    bot: user(`${appOptions.slug}[bot]`, 'Bot'),
  };
  const repos: Repo[] = [];
  const issues: Issue[] = [];
  const installations: Installation[] = [];
  const sha = (): string => `${id('sha').toString(16).padStart(8, '0')}${'c0ffee42'.repeat(4)}`;

  const bare = (author: User, repo: Repo, options: IssueOptions): Omit<Issue, 'pull'> => {
    const number = repo.nextNumber;
    repo.nextNumber += 1;
    return {
      id: id('issue'),
      repo,
      number,
      author,
      createdAt: clock.now(),
      title: options.title,
      body: options.body ?? null,
      state: 'open',
      stateReason: null,
      labels: [...(options.labels ?? [])],
      updatedAt: clock.now(),
      closedAt: null,
      locked: false,
    };
  };

  return {
    clock,
    app,
    users,
    repos,
    issues,
    comments: [],
    reviews: [],
    reviewComments: [],
    reactions: [],
    checkRuns: [],
    installations,
    id,
    sha,
    user,
    repo: (name, options) => {
      const made: Repo = {
        id: id('repo'),
        owner: options.owner,
        name,
        private: options.private ?? false,
        defaultBranch: options.defaultBranch ?? 'main',
        roles: new Map((options.roles ?? []).map(([who, role]) => [who.id, role])),
        formerNames: [],
        files: new Map(Object.entries(options.files ?? {})),
        nextNumber: 1,
      };
      repos.push(made);
      return made;
    },
    issue: (author, repo, options) => {
      const made: Issue = { ...bare(author, repo, options), pull: null };
      issues.push(made);
      return made;
    },
    pull: (author, repo, options) => {
      const made: PullIssue = {
        ...bare(author, repo, options),
        pull: {
          head: { ref: options.head ?? 'changes', sha: sha(), repo: options.from ?? repo },
          base: { ref: options.base ?? repo.defaultBranch, sha: sha() },
          files: options.files ?? [],
          draft: options.draft ?? false,
          mergedAt: null,
          mergedBy: null,
        },
      };
      issues.push(made);
      return made;
    },
    install: (account, selected) => {
      const made: Installation = {
        id: id('installation'),
        account,
        repos: new Set(selected),
        permissions: app.permissions,
        suspendedAt: null,
        deleted: false,
      };
      installations.push(made);
      return made;
    },
    installationOf: (repo) =>
      installations.find((one) => !one.deleted && one.suspendedAt === null && one.repos.has(repo)),
  };
}
