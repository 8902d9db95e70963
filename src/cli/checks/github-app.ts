/** The GitHub App's own words about itself, asked with its key. */
import { createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CliConfig, Finding } from '../command.ts';
import { githubSite } from '../github-site.ts';
import { DEADLINE_MS } from './unreachable.ts';

export type GitHub = NonNullable<CliConfig['github']>;

/** A call of the API; `token` instead of the App's own identity. */
export type Ask = (
  path: string,
  how?: { readonly method?: 'POST' | 'DELETE'; readonly token?: string },
) => Promise<Response>;

/** Or what is wrong with the key. */
export async function askAs(
  github: GitHub,
  now: () => number,
): Promise<{ readonly ask: Ask } | Finding> {
  const key = await readKey(github);
  if ('state' in key) return key;
  const { api } = githubSite(github);
  return {
    ask: (path, { method = 'GET', token } = {}) =>
      fetch(`${api}${path}`, {
        method,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${token ?? jwt(github.appId, key.key, now())}`,
        },
        signal: AbortSignal.timeout(DEADLINE_MS),
      }),
  };
}

async function readKey({ privateKey }: GitHub): Promise<{ readonly key: KeyObject } | Finding> {
  const mend = "Make a new key on the App's page (Private keys) and set PRIVATE_KEY to it.";
  try {
    const pem = 'pem' in privateKey ? privateKey.pem : await readFile(privateKey.file, 'utf8');
    return { key: createPrivateKey(pem) };
  } catch {
    const says = 'pem' in privateKey ? 'PRIVATE_KEY' : `PRIVATE_KEY_PATH ${privateKey.file}`;
    return { state: 'bad', says: `${says} holds no key that can be read.`, mend };
  }
}

function jwt(appId: number, key: KeyObject, now: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(now / 1000);
  const claims = { iat: seconds - 30, exp: seconds + 300, iss: String(appId) };
  const head = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
}
