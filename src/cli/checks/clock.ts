/** Does the clock go right? Logins, leases and permission requests expire by it. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../command.ts';

/** No machine that runs this release can truthfully show an earlier time. */
const RELEASED = Date.UTC(2026, 0, 1);
const TOLERANCE_MS = 60_000;

export async function checkClock(dataDir: string, now: number): Promise<readonly Finding[]> {
  const shown = new Date(now).toISOString();
  const mend = 'Set the clock (timedatectl set-ntp true) and keep it in step by NTP.';
  if (now < RELEASED) return [{ state: 'bad', says: `The clock shows ${shown}.`, mend }];
  const known = await stat(path.join(dataDir, 'admin-token')).catch(() => undefined);
  if (known !== undefined && known.mtimeMs > now + TOLERANCE_MS) {
    const says = `The clock shows ${shown}, before the first start of this server.`;
    return [{ state: 'bad', says, mend }];
  }
  return [{ state: 'good', says: `Clock: ${shown}` }];
}
