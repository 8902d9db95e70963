/** Where the App sends its webhooks, and how the last of them were answered. */
import { z } from 'zod';
import type { Finding } from '../command.ts';
import { WEBHOOK_PATH } from '../github-site.ts';
import type { Ask } from './github-app.ts';

const hookSchema = z.object({ url: z.string().optional() });
const deliveriesSchema = z.array(
  z.object({ event: z.string(), status_code: z.number(), delivered_at: z.string() }),
);

export async function hookFinding(
  ask: Ask,
  app: { readonly html_url: string },
  publicUrl: string | undefined,
): Promise<Finding> {
  const answer = await ask('/app/hook/config');
  const url = answer.ok ? hookSchema.parse(await answer.json()).url : undefined;
  if (publicUrl === undefined) {
    return {
      state: 'bad',
      says: 'PUBLIC_URL is not set, so GitHub cannot be told where to send webhooks.',
      mend: `Set PUBLIC_URL to the address of this server; the App's webhook URL is that and ${WEBHOOK_PATH}.`,
    };
  }
  const mine = `${publicUrl}${WEBHOOK_PATH}`;
  if (url === mine) return { state: 'good', says: `GitHub: webhooks go to ${mine}` };
  return {
    state: 'bad',
    says: `The App sends its webhooks to ${url === undefined || url === '' ? 'nowhere' : url}, not here.`,
    mend: `Set the Webhook URL in the App settings of ${app.html_url} to ${mine}, and make it active.`,
  };
}

const LOOKED_AT = 50;

/** What went wrong long ago and goes well now is nothing to mend. */
export async function deliveryFindings(ask: Ask, now: number): Promise<readonly Finding[]> {
  const answer = await ask(`/app/hook/deliveries?per_page=${LOOKED_AT}`);
  if (!answer.ok) return [];
  const deliveries = deliveriesSchema.parse(await answer.json());
  const [last] = deliveries;
  if (last === undefined) {
    return [{ state: 'note', says: 'GitHub: no webhook was sent in the last three days' }];
  }
  const isBad = ({ status_code: code }: { readonly status_code: number }): boolean =>
    code < 200 || code >= 300;
  const minutes = Math.max(0, Math.round((now - Date.parse(last.delivered_at)) / 60_000));
  const which = `the last webhook (${last.event}, ${minutes} min ago)`;
  const failed = deliveries.filter(isBad).length;
  const some = `${failed} of the last ${deliveries.length} failed`;
  if (isBad(last)) {
    const code = last.status_code === 0 ? 'not answered' : `answered with ${last.status_code}`;
    return [
      {
        state: 'bad',
        says: `GitHub: ${which} was ${code}; ${some}.`,
        mend: mendOf(last.status_code),
      },
    ];
  }
  if (failed === 0)
    return [
      { state: 'good', says: `GitHub: ${which} was taken, as were all ${deliveries.length}` },
    ];
  return [{ state: 'note', says: `GitHub: ${which} was taken; ${some}` }];
}

function mendOf(status: number): string {
  if (status === 401) {
    return "Set WEBHOOK_SECRET to the secret of the App's webhook, or the App's to ours.";
  }
  if (status === 404) return 'Let PUBLIC_URL lead to this server, with its whole path.';
  return 'Start the server, and let PUBLIC_URL lead to it; it asks for what it missed when it starts.';
}
