/** Which database DATABASE_URL names, and where it lies. */
import { isAbsolute, join } from 'node:path';
import { AppError } from '../core/model/errors.ts';

export type DatabasePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  /** It may lie outside the data directory, so it has a lock of its own. */
  | { readonly kind: 'pglite'; readonly directory: string }
  | { readonly kind: 'postgres'; readonly url: string };

const PGLITE = 'pglite://';

/** `dataDir` is absolute. Throws AppError `invalid` for a URL that names no database. */
export function databasePlace(url: string | undefined, dataDir: string): DatabasePlace {
  if (url === undefined || url === '') {
    return { kind: 'sqlite', file: join(dataDir, 'threadcast.db') };
  }
  if (url.startsWith(PGLITE)) {
    const path = decodeURIComponent(url.slice(PGLITE.length));
    if (path === '') throw badUrl();
    return { kind: 'pglite', directory: isAbsolute(path) ? path : join(dataDir, path) };
  }
  if (/^postgres(ql)?:\/\//.test(url)) return { kind: 'postgres', url };
  throw badUrl();
}

function badUrl(): AppError {
  return new AppError(
    'invalid',
    'DATABASE_URL must begin with postgres:// or pglite://, or be empty for SQLite in the data directory.',
    { details: { field: 'DATABASE_URL' } },
  );
}
