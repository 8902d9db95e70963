/**
 * Making the App from its manifest: a page on loopback sends the browser to GitHub with the
 * manifest, GitHub sends it back with a code, and the code is worth the App's secrets, once.
 * Only a browser that was given the page's address, and brings back its state, is answered.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AppError, isAppError } from '../../core/model/errors.ts';
import { WEBHOOK_PATH } from '../github-site.ts';
import type { GitHubSite } from '../github-site.ts';
import type { GitHubManifest } from '../manifests.ts';
import { codeOf } from '../sentence.ts';
import { convert } from './conversion.ts';
import type { MadeApp } from './conversion.ts';
import { donePage, PAGE_STYLE, plainPage, startPage } from './pages.ts';

export interface FlowOptions {
  readonly site: GitHubSite;
  readonly manifest: GitHubManifest;
  readonly publicUrl: string;
  /** Undefined: the App belongs to the person. */
  readonly org: string | undefined;
  /** 0: any free one. */
  readonly port: number;
  /** Something went wrong that can be tried again; a sentence for the terminal. */
  readonly onTrouble: (sentence: string) => void;
}

export interface ManifestFlow {
  /** Where the person begins. */
  readonly url: string;
  readonly port: number;
  /** Rejects when GitHub does not give the App, or after an hour. */
  readonly made: Promise<MadeApp>;
  close(): void;
}

/** GitHub forgets a code after an hour. */
const PATIENCE_MS = 3_600_000;

export async function openManifestFlow(options: FlowOptions): Promise<ManifestFlow> {
  const { promise: made, resolve, reject } = Promise.withResolvers<MadeApp>();
  // Whoever closes early need not wait for it.
  made.catch(() => undefined);
  const door = randomBytes(32).toString('base64url');
  const server = createServer();
  const port = await listen(server, options.port);
  const take = createCallback(options, { resolve, reject });
  server.on('request', (request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://loopback');
    if (url === null || !isForUs(request, port)) return say(response, 404, 'Not here.');
    if (same(url.pathname, `/${door}`)) return show(response, startPage(...take.begin(port)));
    if (url.pathname === '/callback') return take.end(url.searchParams, response);
    return say(response, 404, 'Not here. Use the address that the terminal shows.');
  });
  const late = setTimeout(() => {
    reject(new AppError('unavailable', 'No App was made within an hour. Begin again.'));
  }, PATIENCE_MS);
  return {
    url: `http://127.0.0.1:${port}/${door}`,
    port,
    made,
    close: () => {
      clearTimeout(late);
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: Server, wanted: number): Promise<number> {
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    const why = codeOf(cause) === 'EADDRINUSE' ? 'is taken' : 'cannot be listened on';
    const mend = 'Choose another with --port, or leave it out for a free one.';
    throw new AppError('unavailable', `Port ${wanted} on 127.0.0.1 ${why}. ${mend}`, { cause });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : wanted;
}

/** Another site's name that leads to this machine is not us. */
function isForUs({ method, headers }: IncomingMessage, port: number): boolean {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  return method === 'GET' && names.includes(headers.host ?? '');
}

interface Outcome {
  resolve(app: MadeApp): void;
  reject(error: unknown): void;
}

/** The way to GitHub and back; what comes back is taken once, unless GitHub was away. */
function createCallback(options: FlowOptions, { resolve, reject }: Outcome) {
  const { site, org, manifest, publicUrl, onTrouble } = options;
  const state = randomBytes(32).toString('base64url');
  const owner = org === undefined ? '' : `/organizations/${encodeURIComponent(org)}`;
  let phase: 'open' | 'asking' | 'over' = 'open';

  const ask = async (code: string, response: ServerResponse): Promise<void> => {
    try {
      const app = await convert(site, code);
      phase = 'over';
      response.once('close', () => resolve(app));
      show(response, donePage(app));
    } catch (error) {
      const again = isAppError(error, 'unavailable');
      phase = again ? 'open' : 'over';
      if (again) onTrouble(`${error.message} Reload the page in the browser to ask again.`);
      else response.once('close', () => reject(lost(error, `${site.web}${owner}`)));
      const hint = again ? 'Reload this page to ask again.' : 'Look at the terminal.';
      say(response, 502, `GitHub did not give the App. ${hint}`);
    }
  };

  return {
    /** The form's address, and the manifest that it sends. */
    begin: (port: number): [string, string] => [
      `${site.web}${owner}/settings/apps/new?state=${state}`,
      JSON.stringify({
        ...manifest,
        public: false,
        hook_attributes: { url: `${publicUrl}${WEBHOOK_PATH}`, active: true },
        redirect_url: `http://127.0.0.1:${port}/callback`,
      }),
    ],
    end(query: URLSearchParams, response: ServerResponse): void {
      const code = query.get('code') ?? '';
      if (!same(query.get('state') ?? '', state)) {
        return say(response, 404, 'Not here. Use the address that the terminal shows.');
      }
      if (code === '') {
        return say(response, 400, 'GitHub made no App. Begin again where the terminal says.');
      }
      if (phase !== 'open') {
        return say(response, 409, 'This was used already. Look at the terminal.');
      }
      phase = 'asking';
      void ask(code, response);
    },
  };
}

function lost(error: unknown, owner: string): unknown {
  if (!isAppError(error)) return error;
  const mend = `If an App was made, delete it (${owner}/settings/apps), and begin again.`;
  return new AppError(error.code, `${error.message}\n${mend}`, { cause: error });
}

function same(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function say(response: ServerResponse, status: number, sentence: string): void {
  show(response, plainPage(sentence), status);
}

function show(response: ServerResponse, html: string, status = 200): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src '${PAGE_STYLE}'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(html);
}
