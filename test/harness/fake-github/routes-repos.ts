/** Repositories, what is in them, and people: who may do what. */
import { permissionOf } from './json.ts';
import type { JsonViews } from './json.ts';
import { notFound } from './model.ts';
import { repoOf } from './router.ts';
import type { Request, Route } from './router.ts';
import type { User } from './model.ts';

function userNamed(request: Request): User {
  const login = (request.params['username'] ?? '').toLowerCase();
  const user = request.world.users.find((one) => one.login.toLowerCase() === login);
  if (user === undefined) throw notFound();
  return user;
}

export function repoRoutes(views: JsonViews): Route[] {
  return [
    {
      method: 'GET',
      path: '/repos/{owner}/{repo}',
      op: 'repos/get',
      who: 'installation',
      needs: ['metadata:read'],
      run: (request) => ({ status: 200, body: views.repo(repoOf(request)) }),
    },
    {
      method: 'GET',
      path: '/repos/{owner}/{repo}/collaborators/{username}/permission',
      op: 'repos/get-collaborator-permission-level',
      who: 'installation',
      needs: ['metadata:read'],
      run: (request) => {
        const repo = repoOf(request);
        const user = userNamed(request);
        const held = permissionOf(repo, user);
        return {
          status: 200,
          body: { ...held, user: { ...views.user(user), role_name: held.role_name } },
        };
      },
    },
    {
      method: 'GET',
      path: '/repos/{owner}/{repo}/contents/{path}',
      op: 'repos/get-content',
      who: 'installation',
      needs: ['contents:read', 'single_file:read'],
      run: (request) => {
        const repo = repoOf(request);
        const path = request.params['path'] ?? '';
        const content = repo.files.get(path);
        if (content === undefined) throw notFound();
        if (/\braw\b/.test(request.accept)) return { status: 200, text: content };
        return {
          status: 200,
          body: {
            type: 'file',
            encoding: 'base64',
            size: Buffer.byteLength(content),
            name: path.split('/').at(-1),
            path,
            content: Buffer.from(content).toString('base64'),
          },
        };
      },
    },
    {
      method: 'GET',
      path: '/users/{username}',
      op: 'users/get-by-username',
      who: 'anybody',
      run: (request) => ({ status: 200, body: views.user(userNamed(request)) }),
    },
    {
      method: 'GET',
      path: '/user/{account_id}',
      op: 'users/get-by-id',
      who: 'anybody',
      run: (request) => {
        const id = Number(request.params['account_id']);
        const user = request.world.users.find((one) => one.id === id);
        if (user === undefined) throw notFound();
        return { status: 200, body: views.user(user) };
      },
    },
    {
      method: 'GET',
      path: '/rate_limit',
      op: 'rate-limit/get',
      who: 'anybody',
      run: () => {
        const core = { limit: 5000, used: 0, remaining: 5000, reset: 0 };
        return { status: 200, body: { resources: { core }, rate: core } };
      },
    },
  ];
}
