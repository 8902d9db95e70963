/**
 * Webhooks that the fake GitHub sends: the payload is frozen when the thing happens, signed when
 * it is sent, and never sent again by itself. Each attempt is a row of `GET /app/hook/deliveries`.
 * Faults are decided per delivery by `fate`.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { sleep } from '../../../src/core/ports/clock.ts';
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Json } from './model.ts';

/** One thing that happened, as GitHub tells it. */
export interface HookEvent {
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  /** The raw body, and nothing but it, is signed. */
  readonly body: string;
}

/** One attempt to tell it. */
export interface Delivery extends HookEvent {
  readonly id: number;
  readonly at: number;
  readonly redelivery: boolean;
  /** 0 while it is on its way. */
  statusCode: number;
  status: string;
}

export type Fate =
  /** `times` copies in all, with one GUID, at once. */
  | { readonly kind: 'duplicate'; readonly times: number }
  | { readonly kind: 'delay'; readonly ms: number }
  /** It never arrives; GitHub lists it as failed and does not try again. */
  | { readonly kind: 'drop' }
  /** Signed with another secret. */
  | { readonly kind: 'forge' };

export type HookTarget =
  | string
  | ((
      headers: Readonly<Record<string, string>>,
      body: string,
    ) => Promise<{ readonly status: number }>);

export interface Hooks {
  /** Where webhooks go; null = nowhere, every delivery fails. */
  target: HookTarget | null;
  /** Decides what happens to an event on its way; undefined = it is sent once, now. */
  fate: (event: HookEvent) => Fate | undefined;
  readonly deliveries: readonly Delivery[];
  /** From now on events wait for `pump`. */
  hold(): void;
  /** Sends what waits, in the order that `arrange` gives (default: as it happened); ends holding. */
  pump(arrange?: (events: readonly HookEvent[]) => readonly HookEvent[]): Promise<void>;
  waiting(): readonly HookEvent[];
  emit(event: Omit<HookEvent, 'guid' | 'body'>, payload: Json): void;
  /** As GitHub does when it is asked to: the same GUID and body, a new row. */
  redeliver(event: HookEvent): Promise<void>;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
  stop(): void;
}

export interface HooksOptions {
  readonly clock: Clock;
  readonly secret: string;
  readonly appId: number;
  readonly nextId: () => number;
  readonly events: readonly string[];
  readonly target: HookTarget | null;
}

/** Sent whether the App subscribed to them or not. */
const ALWAYS = new Set(['installation', 'installation_repositories', 'ping']);
const TIMEOUT_MS = 10_000;

export function sign(secret: string, body: string, hash: 'sha1' | 'sha256' = 'sha256'): string {
  return `${hash}=${createHmac(hash, secret).update(body).digest('hex')}`;
}

function post(
  agent: Agent,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers, signal }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        resolve(answer.statusCode ?? 0);
      });
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export function createHooks(options: HooksOptions): Hooks {
  const { clock, secret } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const deliveries: Delivery[] = [];
  const held: HookEvent[] = [];
  const underWay = new Set<Promise<void>>();
  let holding = false;

  const headersOf = (event: HookEvent, forged: boolean): Record<string, string> => ({
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(event.body)),
    'user-agent': 'GitHub-Hookshot/3f2d1c0',
    'x-github-delivery': event.guid,
    'x-github-event': event.event,
    'x-github-hook-id': '498573123',
    'x-github-hook-installation-target-id': String(options.appId),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': sign(forged ? 'another secret' : secret, event.body, 'sha1'),
    'x-hub-signature-256': sign(forged ? 'another secret' : secret, event.body),
  });

  const transport = async (event: HookEvent, forged: boolean): Promise<[number, string]> => {
    const headers = headersOf(event, forged);
    const { target } = hooks;
    if (target === null) return [502, 'failed to connect to host'];
    const gaveUp = new AbortController();
    const cancel = clock.after(TIMEOUT_MS, () => {
      gaveUp.abort();
    });
    try {
      const code =
        typeof target === 'string'
          ? await post(agent, target, headers, event.body, gaveUp.signal)
          : (await target(headers, event.body)).status;
      return [code, code < 400 ? 'OK' : `Invalid HTTP Response: ${code}`];
    } catch {
      // Whatever the connection died of, GitHub only says this.
      return gaveUp.signal.aborted ? [504, 'timed out'] : [502, 'failed to connect to host'];
    } finally {
      cancel();
    }
  };

  const attempt = async (
    event: HookEvent,
    how: { redelivery?: boolean; drop?: boolean; forge?: boolean } = {},
  ): Promise<void> => {
    const row: Delivery = {
      guid: event.guid,
      event: event.event,
      action: event.action,
      installationId: event.installationId,
      repositoryId: event.repositoryId,
      body: event.body,
      id: options.nextId(),
      at: clock.now(),
      redelivery: how.redelivery ?? false,
      statusCode: 0,
      status: 'pending',
    };
    deliveries.push(row);
    const [code, status] =
      how.drop === true
        ? [502, 'failed to connect to host']
        : await transport(event, how.forge ?? false);
    row.statusCode = Number(code);
    row.status = String(status);
  };

  const send = async (event: HookEvent): Promise<void> => {
    const fate = hooks.fate(event);
    switch (fate?.kind) {
      case undefined:
        return attempt(event);
      case 'duplicate':
        await Promise.all(Array.from({ length: fate.times }, () => attempt(event)));
        return;
      case 'delay':
        await sleep(clock, fate.ms);
        return attempt(event);
      case 'drop':
        return attempt(event, { drop: true });
      case 'forge':
        return attempt(event, { forge: true });
    }
  };

  const track = (work: Promise<void>): Promise<void> => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
    return work;
  };

  const hooks: Hooks = {
    target: options.target,
    fate: () => undefined,
    deliveries,
    hold: () => {
      holding = true;
    },
    pump: async (arrange = (events) => events) => {
      holding = false;
      const events = arrange(held.splice(0));
      await Promise.all(events.map((event) => track(send(event))));
    },
    waiting: () => held,
    emit: (event, payload) => {
      if (!ALWAYS.has(event.event) && !options.events.includes(event.event)) return;
      const made: HookEvent = { ...event, guid: randomUUID(), body: JSON.stringify(payload) };
      if (holding) held.push(made);
      else void track(send(made));
    },
    redeliver: (event) => track(attempt(event, { redelivery: true })),
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop: () => {
      agent.destroy();
    },
  };
  return hooks;
}
