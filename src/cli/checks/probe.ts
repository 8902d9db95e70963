/**
 * Does PUBLIC_URL lead to this server? A webhook that nobody signed is posted there, from here: only
 * we refuse it with 401.
 */
import type { CliConfig, Finding } from '../command.ts';
import { localAddress, runningVersion } from '../running-server.ts';
import { DEADLINE_MS } from './unreachable.ts';

export type At = Pick<CliConfig, 'host' | 'port' | 'publicUrl'>;

/** `path` below PUBLIC_URL is where `platform` posts. */
export async function probeWebhooks(
  platform: string,
  path: string,
  { host, port, publicUrl }: At,
): Promise<readonly Finding[]> {
  if (publicUrl === undefined) return [];
  const address = `${publicUrl}${path}`;
  const wrong = await problemAt(address);
  if (wrong === undefined) {
    const says = `${platform}: ${publicUrl} leads to this server, which refuses what is not signed`;
    return [{ state: 'good', says }];
  }
  if (port === 0 || (await runningVersion(localAddress(host, port))) === undefined) {
    const says = `${platform}: whether ${publicUrl} leads here shows only while the server runs: start it, and look again`;
    return [{ state: 'note', says }];
  }
  return [
    {
      state: 'bad',
      says: `${platform} cannot reach us: ${address} ${wrong.says}.`,
      mend: wrong.mend,
    },
  ];
}

interface Wrong {
  readonly says: string;
  readonly mend: string;
}

const RIGHT_SERVER =
  'Let the proxy or tunnel pass everything below PUBLIC_URL on to HOST and PORT of this server.';

async function problemAt(address: string): Promise<Wrong | undefined> {
  try {
    const answer = await fetch(address, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', 'user-agent': 'threadcast-doctor' },
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await answer.body?.cancel();
    return judge(answer);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const says = `cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`;
    return {
      says,
      mend: 'Check its name, its certificate, the proxy or tunnel, and the firewall.',
    };
  }
}

function judge({ status, headers }: Response): Wrong | undefined {
  const says = `answers with ${status}`;
  if (status === 401 && !headers.has('www-authenticate')) return undefined;
  if (status === 401 || status === 403) {
    const mend = 'Let this path through without a login: what is posted there is signed.';
    return { says: `${says} from something in front of this server`, mend };
  }
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'elsewhere';
    return {
      says: `redirects to ${to}`,
      mend: 'Set PUBLIC_URL to the address that answers itself.',
    };
  }
  if (status === 404) {
    const mend = `${RIGHT_SERVER} If it does, restart it with the settings of this directory.`;
    return { says, mend };
  }
  return { says, mend: RIGHT_SERVER };
}
