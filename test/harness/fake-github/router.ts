/**
 * Calls of the API: which operation it is, what it needs and costs, and what it gets to work with.
 * Operations carry GitHub's own names and path templates, the same as in the request schemas.
 */
import type { InstallationToken, Principal } from './auth.ts';
import { ApiError, notFound } from './model.ts';
import type { Comment, Issue, Json, PullIssue, Repo, User } from './model.ts';
import type { World } from './world.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of `body`: plain text. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Request {
  readonly world: World;
  readonly principal: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly accept: string;
  /** Path and query. */
  readonly target: string;
  readonly method: string;
  /** The part of a list that was asked for, with its Link header. */
  page(items: readonly unknown[], wrap?: (part: readonly unknown[]) => Json): Reply;
}

export interface Route {
  readonly method: Method;
  /** `/repos/{owner}/{repo}/issues/{issue_number}` */
  readonly path: string;
  /** GitHub's name of the operation. */
  readonly op: string;
  readonly who: 'anybody' | 'app' | 'installation';
  /** Any one of them is enough: `issues:write`. */
  readonly needs?: readonly string[];
  /** Counts as creating content. */
  readonly content?: boolean;
  readonly run: (request: Request) => Reply | Promise<Reply>;
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a path; a trailing `{path}` or `{ref}` takes slashes too. */
export function createRouter(
  routes: readonly Route[],
): (method: string, path: string) => Match | undefined {
  const compiled = routes.map((route) => {
    const source = route.path
      .replace(/\{(path|ref)\}$/, '(?<$1>.+)')
      .replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    return { route, pattern: new RegExp(`^${source}$`) };
  });
  return (method, path) => {
    for (const { route, pattern } of compiled) {
      if (route.method !== method) continue;
      const found = pattern.exec(path);
      if (found === null) continue;
      const params = Object.entries(found.groups ?? {}).map(
        ([name, value]) => [name, decodeURIComponent(value)] as const,
      );
      return { route, params: Object.fromEntries(params) };
    }
    return undefined;
  };
}

export function tokenOf(request: Request): InstallationToken {
  if (request.principal.kind !== 'installation') throw new ApiError(401, 'Bad credentials');
  return request.principal.token;
}

/** Who acts: an installation acts as the App's bot. */
export function actorOf(request: Request): User {
  tokenOf(request);
  return request.world.app.bot;
}

export function text(request: Request, name: string): string {
  const value = request.body[name];
  if (typeof value !== 'string') throw new ApiError(422, `Invalid request: ${name} is no string`);
  return value;
}

export function textOrNull(request: Request, name: string): string | null {
  return typeof request.body[name] === 'string' ? text(request, name) : null;
}

/** The repository of the path, if the token sees it; one that was renamed redirects. */
export function repoOf(request: Request): Repo {
  const { world, params } = request;
  const full = `${params['owner']}/${params['repo']}`.toLowerCase();
  const nameOf = (repo: Repo): string => `${repo.owner.login}/${repo.name}`.toLowerCase();
  const repo = world.repos.find((one) => nameOf(one) === full);
  if (repo === undefined) {
    const moved = world.repos.find((one) => one.formerNames.includes(full));
    if (moved === undefined) throw notFound();
    const rest = request.target.replace(/^\/repos\/[^/]+\/[^/?]+/, '');
    // A redirected write keeps its method and its body.
    const status = request.method === 'GET' ? 301 : 307;
    throw new ApiError(status, 'Moved Permanently', { url: `/repositories/${moved.id}${rest}` });
  }
  const token = tokenOf(request);
  if (!token.installation.repos.has(repo) || token.repos?.has(repo) === false) throw notFound();
  return repo;
}

export function issueOf(request: Request): Issue {
  const repo = repoOf(request);
  const number = Number(request.params['issue_number'] ?? request.params['pull_number']);
  const issue = request.world.issues.find((one) => one.repo === repo && one.number === number);
  if (issue === undefined) throw notFound();
  return issue;
}

export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== null;
}

export function pullOf(request: Request): PullIssue {
  const issue = issueOf(request);
  if (!isPull(issue)) throw notFound();
  return issue;
}

/** One of `all` with the id of the path, in the repository of the path. */
export function byId<T extends { readonly id: number; readonly deleted?: boolean }>(
  request: Request,
  all: readonly T[],
  param: string,
  repoOfItem: (item: T) => Repo,
): T {
  const repo = repoOf(request);
  const id = Number(request.params[param]);
  const item = all.find((one) => one.id === id && repoOfItem(one) === repo);
  if (item === undefined || item.deleted === true) throw notFound();
  return item;
}

export function commentOf(request: Request): Comment {
  return byId(request, request.world.comments, 'comment_id', (one) => one.issue.repo);
}
