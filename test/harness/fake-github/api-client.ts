/** A small client of the fake GitHub, as an App would be: for tests that need no library. */
import { createSign } from 'node:crypto';
import type { FakeGitHub } from './fake-github.ts';
import type { Installation, Json } from './model.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text. */
  readonly body: unknown;
}

export interface ApiClient {
  call(method: string, path: string, body?: Json, signal?: AbortSignal): Promise<Answer>;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT of the App; `claims` replaces what it would say. */
export function appJwt(github: FakeGitHub, nowMs: number, claims: Json = {}): string {
  const now = Math.floor(nowMs / 1000);
  const payload = { iat: now - 60, exp: now + 540, iss: github.world.app.id, ...claims };
  const head = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}`;
  return `${head}.${createSign('RSA-SHA256').update(head).sign(github.privateKey, 'base64url')}`;
}

export function apiClient(github: FakeGitHub, credential: string | null): ApiClient {
  return {
    call: async (method, path, body, signal) => {
      const answer = await fetch(`${github.url}${path}`, {
        method,
        redirect: 'manual',
        signal,
        headers: credential === null ? {} : { authorization: `Bearer ${credential}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      const json = answer.headers.get('content-type')?.startsWith('application/json') === true;
      const parsed: unknown = json && text !== '' ? JSON.parse(text) : text;
      return { status: answer.status, headers: answer.headers, body: parsed };
    },
  };
}

/** A client with a fresh token of the installation. */
export async function installationClient(
  github: FakeGitHub,
  installation: Installation,
  wanted: Json = {},
): Promise<ApiClient & { readonly token: string }> {
  const app = apiClient(github, appJwt(github, github.world.clock.now()));
  const path = `/app/installations/${installation.id}/access_tokens`;
  const { status, body } = await app.call('POST', path, wanted);
  const token = field(body, 'token');
  if (status !== 201 || typeof token !== 'string') {
    throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  }
  return { ...apiClient(github, token), token };
}

/** `body.name`, whatever it is. */
export function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
