/**
 * Making the App from its manifest: a page on loopback sends the browser to GitHub with the
 * manifest, GitHub sends it back with a code, and the code is worth the App's secrets, once.
 * Only a browser that was given the page's address, and brings back its state, is answered.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { AppError } from '../../core/model/errors.ts';
import { WEBHOOK_PATH } from '../github-site.ts';
import type { GitHubSite } from '../github-site.ts';
import type { GitHubManifest } from '../manifests.ts';
import { doneText, startPage } from './pages.ts';

const appSchema = z.object({
  id: z.number(),
  slug: z.string(),
  html_url: z.url(),
  pem: z.string().includes('PRIVATE KEY'),
  webhook_secret: z.string().min(8),
});

export type MadeApp = z.output<typeof appSchema>;

export interface ManifestFlow {
  /** Where the person begins. */
  readonly url: string;
  /** Rejects when GitHub does not give the App, or after an hour. */
  readonly made: Promise<MadeApp>;
  close(): void;
}

/** GitHub forgets a code after an hour. */
const PATIENCE_MS = 3_600_000;
const DEADLINE_MS = 20_000;

export async function openManifestFlow(
  site: GitHubSite,
  manifest: GitHubManifest,
  at: { readonly publicUrl: string; readonly org: string | undefined },
): Promise<ManifestFlow> {
  const state = randomBytes(32).toString('base64url');
  const door = randomBytes(32).toString('base64url');
  const { promise: made, resolve, reject } = Promise.withResolvers<MadeApp>();
  // Whoever closes early need not wait for it.
  made.catch(() => undefined);
  let used = false;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://loopback');
    // Another site's name that leads to this machine is not us.
    if (request.method !== 'GET' || request.headers.host !== here()) {
      say(response, 404, 'Not here.');
    } else if (same(url.pathname, `/${door}`)) {
      say(
        response,
        200,
        startPage(action(site, at.org, state), filled(manifest, at.publicUrl, here())),
      );
    } else if (url.pathname !== '/callback' || !same(url.searchParams.get('state') ?? '', state)) {
      say(response, 404, 'Not here. Use the address that the terminal shows.');
    } else if (used) {
      say(response, 409, 'This was used already. Look at the terminal.');
    } else {
      used = true;
      const told = convert(site, url.searchParams.get('code') ?? '');
      told.then(
        (app) => {
          response.once('close', () => resolve(app));
          say(response, 200, doneText(app));
        },
        (error: unknown) => {
          response.once('close', () => reject(error));
          say(response, 502, 'GitHub did not give the App. Look at the terminal.');
        },
      );
    }
  });
  const here = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const late = setTimeout(() => {
    reject(new AppError('unavailable', 'No App was made within an hour. Begin again.'));
  }, PATIENCE_MS);
  return {
    url: `http://${here()}/${door}`,
    made,
    close: () => {
      clearTimeout(late);
      server.close();
      server.closeAllConnections();
    },
  };
}

function action({ web }: GitHubSite, org: string | undefined, state: string): string {
  const owner = org === undefined ? '' : `/organizations/${encodeURIComponent(org)}`;
  return `${web}${owner}/settings/apps/new?state=${state}`;
}

function filled(manifest: GitHubManifest, publicUrl: string, here: string): string {
  return JSON.stringify({
    ...manifest,
    public: false,
    hook_attributes: { url: `${publicUrl}${WEBHOOK_PATH}`, active: true },
    redirect_url: `http://${here}/callback`,
  });
}

async function convert({ api }: GitHubSite, code: string): Promise<MadeApp> {
  const answer = await fetch(`${api}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: 'POST',
    headers: { accept: 'application/vnd.github+json' },
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!answer.ok) {
    const why = `GitHub answered with status ${answer.status} when it was asked for the App's secrets.`;
    throw new AppError(
      'unprocessable',
      `${why} Delete the App there, if it was made, and begin again.`,
    );
  }
  return appSchema.parse(await answer.json());
}

function same(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function say(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(html);
}
