/** Check runs, which only their App writes. */
import type { JsonViews } from './json.ts';
import type { CheckRun } from './model.ts';
import type { PullActions } from './pull-actions.ts';
import { byId, repoOf } from './router.ts';
import type { Request, Route } from './router.ts';

function runOf(request: Request): CheckRun {
  return byId(request, request.world.checkRuns, 'check_run_id', (run) => run.repo);
}

export function checkRoutes(views: JsonViews, pulls: PullActions): Route[] {
  const list = '/repos/{owner}/{repo}/check-runs';
  const one = `${list}/{check_run_id}`;
  return [
    {
      method: 'POST',
      path: list,
      op: 'checks/create',
      who: 'installation',
      needs: ['checks:write'],
      run: (request) => {
        const run = pulls.createCheckRun(repoOf(request), request.body);
        return { status: 201, body: views.checkRun(run) };
      },
    },
    {
      method: 'PATCH',
      path: one,
      op: 'checks/update',
      who: 'installation',
      needs: ['checks:write'],
      run: (request) => {
        const run = runOf(request);
        pulls.updateCheckRun(run, request.body);
        return { status: 200, body: views.checkRun(run) };
      },
    },
    {
      method: 'GET',
      path: one,
      op: 'checks/get',
      who: 'installation',
      needs: ['checks:read'],
      run: (request) => ({ status: 200, body: views.checkRun(runOf(request)) }),
    },
    {
      method: 'GET',
      path: '/repos/{owner}/{repo}/commits/{sha}/check-runs',
      op: 'checks/list-for-ref',
      who: 'installation',
      needs: ['checks:read'],
      run: (request) => {
        const repo = repoOf(request);
        const { sha } = request.params;
        const name = request.query.get('check_name');
        const found = request.world.checkRuns.filter(
          (run) => run.repo === repo && run.headSha === sha && (name === null || run.name === name),
        );
        return request.page(found.map(views.checkRun), (part) => ({
          total_count: found.length,
          check_runs: part,
        }));
      },
    },
  ];
}
