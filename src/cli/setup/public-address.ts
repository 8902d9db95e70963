/** Whether a platform can reach PUBLIC_URL: without it, an App is made that never hears anything. */
import { isLoopback, isPrivate } from '../reachable.ts';

/** What is wrong with the address for `platform`, and the mend; undefined: nothing that shows. */
export function unreachableAddress(
  platform: string,
  publicUrl: string | undefined,
  at: { readonly port: number; /** It stands in our own network. */ readonly own: boolean },
): string | undefined {
  const needs = `the https:// address under which ${platform} reaches this server`;
  const tunnel = `Without one, open a tunnel, for instance: cloudflared tunnel --url http://localhost:${at.port || 3000}`;
  if (publicUrl === undefined) {
    return `Set PUBLIC_URL first, to ${needs}: webhooks are sent there.\n${tunnel}`;
  }
  const { hostname } = new URL(publicUrl);
  const where = isLoopback(hostname) ? 'this machine' : 'your own network';
  if (!(at.own ? isLoopback(hostname) : isPrivate(hostname))) return undefined;
  return `PUBLIC_URL ${publicUrl} leads only to ${where}, where ${platform} cannot reach it. Set it to ${needs}.\n${tunnel}`;
}
