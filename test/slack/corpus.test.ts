/** Recorded payloads of real workspaces, posted as Slack posts them: no error, no unwanted action. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../src/core/ports/stores.ts';
import { sign } from '../../src/slack/receive/signature.ts';
import { openSlack, type SlackBench } from './bench.ts';

const CORPUS = join(import.meta.dirname, '../../../shared/corpus/slack-replay');
const isHere = existsSync(CORPUS);

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Everything in a file that is a payload. */
function payloadsIn(value: unknown): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap(payloadsIn);
  if (!isJson(value)) return [];
  const isPayload =
    typeof value['api_app_id'] === 'string' &&
    (typeof value['type'] === 'string' || typeof value['command'] === 'string');
  return isPayload ? [value] : Object.values(value).flatMap(payloadsIn);
}

const files = isHere ? readdirSync(CORPUS).filter((name) => name.endsWith('.json')) : [];

/** Ids of the recorded workspace become those of the fake, so that the payloads concern us. */
function adopted(text: string, { slack, ann, general }: SlackBench): unknown {
  const parsed: unknown = JSON.parse(text);
  const recorded = isJson(parsed) && typeof parsed['botUserId'] === 'string' && parsed['botUserId'];
  const { botUserId } = slack.state.install(slack.teamId);
  const direct = slack.state.imOf(slack.teamId, ann.id, botUserId);
  return JSON.parse(
    text
      .replaceAll(recorded || 'U00FAKEBOT01', botUserId)
      .replace(/\bU0[A-Z0-9]{9,10}\b/g, (id) => (id === botUserId ? id : ann.id))
      .replace(/\bC0[A-Z0-9]{9,10}\b/g, general.id)
      .replace(/\bD0[A-Z0-9]{9,10}\b/g, direct.id)
      .replace(/"T0[A-Z0-9]{9}"/g, JSON.stringify(slack.teamId)),
  );
}

const total = { payloads: 0, heard: 0 };
afterAll(() => {
  console.log(`${total.payloads} recorded payloads, ${total.heard} of them heard`);
});

describe.skipIf(!isHere)('recorded payloads (skipped where ../shared is absent)', () => {
  it.each(files)('%s is taken without an error or an unwanted action', async (name) => {
    const bench = await openSlack();
    const { slack, stores, clock } = bench;
    const text = readFileSync(join(CORPUS, name), 'utf8');
    const payloads = payloadsIn(adopted(text, bench));
    expect(payloads.length).toBeGreaterThan(0);
    const accepted: InboundMessage[] = [];
    const accept = stores.inbox.accept.bind(stores.inbox);
    stores.inbox.accept = async (message) => {
      accepted.push(message);
      return accept(message);
    };
    for (const payload of payloads) {
      const isEvent = payload['type'] === 'event_callback';
      const isCommand = typeof payload['command'] === 'string';
      const form = isCommand
        ? Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]))
        : { payload: JSON.stringify(payload) };
      const body = isEvent ? JSON.stringify(payload) : new URLSearchParams(form).toString();
      const timestamp = String(Math.floor(clock.now() / 1000));
      const response = await fetch(`${bench.door.url}/slack/events`, {
        method: 'POST',
        body,
        headers: {
          'content-type': isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': timestamp,
          'x-slack-signature': sign(slack.signingSecret, timestamp, body),
        },
      });
      expect(response.status).toBe(200);
      await bench.quiet();
    }
    // Only people who spoke to us, or wrote a command, were heard.
    const spoke = accepted.filter(
      ({ text: said, addressed }) => !addressed && !said.includes('@threadcast'),
    );
    const bound = new Set(accepted.map(({ thread }) => thread.key));
    expect(spoke.filter(({ thread }) => !bound.has(thread.key))).toEqual([]);
    expect(accepted.every(({ actor }) => actor.kind === 'person')).toBe(true);
    // Work begins, and we speak, only where somebody was heard.
    const threads = new Set(accepted.map(({ thread }) => thread.key));
    const { data } = await stores.memory.sessions.sessions({}, null, 100);
    expect(data.length).toBeLessThanOrEqual(threads.size);
    expect(stores.agents.prompts.length).toBeLessThanOrEqual(accepted.length);
    const rows = stores.outbox.rows();
    const bindings = await Promise.all(rows.map(({ threadId }) => stores.threads.thread(threadId)));
    expect(bindings.filter((thread) => !threads.has(thread?.ref.key ?? ''))).toEqual([]);
    const wrote = slack.api.calls.filter(({ method }) =>
      /^chat\.(post|start)(?!Ephemeral)/.test(method),
    );
    expect(accepted.length === 0 ? wrote : []).toEqual([]);
    total.heard += accepted.length;
    total.payloads += payloads.length;
    // The fake never saw the recorded messages, so replies to them are refused; nothing else fails.
    const errors = stores.lines.filter(({ level }) => level === 'error');
    const unexpected = errors.filter(
      ({ fields }) => !JSON.stringify(fields).includes('cannot_reply_to_message'),
    );
    expect(unexpected).toEqual([]);
    expect(await stores.deliveries.pending('slack', 100)).toEqual([]);
    await bench.close();
  });
});
