/** What a body may hold, and what zod found wrong in it, as one sentence that names the field. */
import type { z } from '@hono/zod-openapi';
import { AppError } from '../core/model/errors.ts';

type Issue = z.core.$ZodIssue;

export const TOO_DEEP = 'it is nested too deep';

/** Whether a value of any shape can be written as JSON again: deep ones overflow the stack. */
export function isShallow(value: unknown, levels = 100): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** Of a union, the issues of the alternative that was nearest to fitting. */
function flatten(issues: readonly Issue[]): readonly Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const nearest = issue.errors
      .map((errors) => flatten(errors))
      .reduce((best, errors) => (errors.length < best.length ? errors : best));
    return nearest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  });
}

function fieldOf(issue: Issue): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return [...path, issue.keys[0] ?? ''].join('.');
  return path.join('.');
}

/** AppError `invalid`; `where` is what was looked at: the body, the query, a message. */
export function invalidInput(issues: readonly Issue[], where: string): AppError {
  const [issue] = flatten(issues);
  if (issue?.code === 'invalid_union' && issue.path.at(-1) === 'action') {
    return new AppError('invalid', 'There is no such action.', { details: { field: 'action' } });
  }
  if (issue === undefined) return new AppError('invalid', `The ${where} is not valid.`);
  const field = fieldOf(issue);
  const unknown = issue.code === 'unrecognized_keys';
  const sentence = unknown
    ? `Unknown field "${field}" in the ${where}.`
    : `The ${where} is not valid${field === '' ? '' : ` at "${field}"`}: ${issue.message}.`;
  return new AppError('invalid', sentence.replace(/\.\.$/, '.'), { details: { field } });
}
