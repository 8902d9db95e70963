/** The live stream of a session page: what changed, and nothing else, however long the session is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../src/core/model/events.ts';
import { openEvents, type EventStream } from './event-stream.ts';
import { asks, ended, queued, says, started, update } from './play.ts';
import { readHtml } from './read-html.ts';
import { logInto, openStage, type Stage } from './stage.ts';

interface Sent {
  readonly id: string;
  readonly turn?: string;
  readonly order?: number;
  readonly state?: string;
  readonly pieces?: readonly string[];
  readonly html?: string;
}

let stage: Stage;
let server: Awaited<ReturnType<Stage['listen']>>;
let cookie: string;
let stream: EventStream<Sent> | undefined;

beforeEach(async () => {
  stage = await openStage();
  server = await stage.listen();
  cookie = await logInto(stage);
});

afterEach(async () => {
  stream?.close();
  await server.close();
});

const page = async (): Promise<string> =>
  (
    await fetch(`${server.url}/sessions/${stage.session.id}`, {
      headers: { cookie, accept: 'text/html' },
    })
  ).text();

const addressIn = (html: string): string =>
  server.url + (/data-stream="([^"]+)"/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&');

async function listen(url: string, headers: Record<string, string> = {}) {
  stream = await openEvents<Sent>(url, { cookie, ...headers });
  return stream;
}

const push = (...events: readonly NewEvent[]): void => {
  stage.session.push(...events);
  stage.wakeBus.publish('session', stage.session.id);
};

const reads = (step: number) =>
  update('p_1', 'tool_call', {
    toolCallId: `c${step}`,
    title: `Read f${step}`,
    kind: 'read',
    status: 'completed',
    content: [{ type: 'content', content: { type: 'text', text: 'x'.repeat(2_000) } }],
  });

describe('the live stream of a session', () => {
  it('sends of a turn only the piece that changed, and the newest state of the rest', async () => {
    push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Hel'), reads(1));
    const events = await listen(addressIn(await page()));
    push(says('p_1', 'Next'));
    const outline = await events.next('turn', 'piece');
    expect(outline).toMatchObject({ event: 'turn', data: { id: 'turn-p_1', state: 'working' } });
    expect(outline.data.pieces).toContain('p_1-p2');
    // The header knows since when nothing was heard.
    expect((await events.next('turn', 'piece')).data).toMatchObject({ id: 'p_1-head' });
    const piece = await events.next('turn', 'piece');
    expect(piece.data).toMatchObject({ turn: 'turn-p_1', id: 'p_1-p2' });
    push(says('p_1', ' words'));
    await events.next('turn', 'piece');
    const more = await events.next('turn', 'piece');
    expect(readHtml(more.data.html ?? '')).toBe('Next words');
    push(ended('p_1'));
    expect((await events.next('turn')).data.state).toBe('done');
  });

  it('says which pieces are gone when a request comes between steps that stood together', async () => {
    push(queued('p_1', 'go'), started('p_1'), ...[0, 1, 2].map(reads));
    const events = await listen(addressIn(await page()));
    push(asks('p_1', 'r_1', { toolCallId: 'c1', title: 'Read f1', kind: 'read' }, 1e15));
    const { data } = await events.next('turn');
    expect(data.pieces).toEqual([
      'p_1-asked',
      'p_1-head',
      'p_1-plan',
      'p_1-p0',
      'request-r_1',
      'p_1-p2',
      'p_1-end',
    ]);
    expect(data.state).toBe('waiting');
  });

  it('sends what was missed after a reconnect, and a turn that began meanwhile', async () => {
    push(queued('p_1', 'go'), started('p_1'), says('p_1', 'One'), ended('p_1'));
    const url = addressIn(await page());
    push(queued('p_2', 'more'), started('p_2'), says('p_2', 'Two'));
    const events = await listen(url, { 'last-event-id': '4' });
    const turn = await events.next('turn');
    expect(turn.data.id).toBe('turn-p_2');
    expect(Number(turn.id)).toBe(7);
  });

  it('keeps a page of 5,000 events small, sends little for one more, and folds nothing under a reader', async () => {
    push(queued('p_1', 'go'), started('p_1'));
    for (let step = 0; step < 5_000; step += 1) {
      stage.session.push(step % 5 === 4 ? says('p_1', `Words ${step}. `) : reads(step));
    }
    const html = await page();
    expect(html.length).toBeLessThan(400_000);
    const folded = html.match(/Earlier in this turn/g)?.length ?? 0;
    expect(folded).toBeGreaterThan(40);
    const events = await listen(addressIn(html));
    let sent = 0;
    let last: string | undefined;
    const foldedThen = new Set<number>();
    for (let step = 0; step < 250; step += 1)
      stage.session.push(says('p_1', 'w'), reads(9_000 + step));
    push(ended('p_1'));
    for (;;) {
      const { event, data } = await events.next('turn', 'piece');
      sent += JSON.stringify(data).length;
      if (event === 'turn') {
        last = data.state === 'done' ? data.pieces?.at(-2) : undefined;
        foldedThen.add(data.pieces?.filter((id) => id.includes('folded')).length ?? 0);
      }
      if (last !== undefined && data.id === last) break;
    }
    expect(sent).toBeLessThan(500_000);
    expect([...foldedThen]).toEqual([folded]);
    const url = /data-load="([^"]+parts\/0-100)"/.exec(html)?.[1] ?? '';
    const part = await fetch(server.url + url, { headers: { cookie, accept: 'text/x-fragment' } });
    expect(readHtml(await part.text())).toContain('Words 4.');
  });
});
