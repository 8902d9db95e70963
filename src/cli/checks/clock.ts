/** Does the clock go right? Logins, leases and permission requests expire by it. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../command.ts';

/** No machine that runs this release can truthfully show an earlier time. */
const RELEASED = Date.UTC(2026, 0, 1);
const TOLERANCE_MS = 60_000;
const MEND = 'Set the clock (timedatectl set-ntp true) and keep it in step by NTP.';

export async function checkClock(dataDir: string, now: number): Promise<readonly Finding[]> {
  const shown = new Date(now).toISOString();
  if (now < RELEASED) return [{ state: 'bad', says: `The clock shows ${shown}.`, mend: MEND }];
  const known = await stat(path.join(dataDir, 'admin-token')).catch(() => undefined);
  if (known !== undefined && known.mtimeMs > now + TOLERANCE_MS) {
    const says = `The clock shows ${shown}, before the first start of this server.`;
    return [{ state: 'bad', says, mend: MEND }];
  }
  return [{ state: 'good', says: `Clock: ${shown}` }];
}

/**
 * Compared with the clock of a platform that answered. GitHub takes tokens that are at most ten
 * minutes old, and what Slack signs is taken for five.
 */
export function skewFindings(platform: string, answer: Response, now: number): readonly Finding[] {
  const skew = now - Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(skew) || Math.abs(skew) <= TOLERANCE_MS) return [];
  const way = skew > 0 ? 'ahead of' : 'behind';
  const says = `The clock is ${Math.round(Math.abs(skew) / 1000)} s ${way} ${platform}'s.`;
  return [{ state: 'bad', says, mend: MEND }];
}
