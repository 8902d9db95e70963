/** The stores of the control plane: templates, tokens, idempotency keys, decisions. */
import { expect, it } from 'vitest';
import { mintId, type SessionId } from '../../src/core/model/ids.ts';
import type { GetStores } from './stores.small.under-test.ts';
import { ANN, NASTY_TEXT, nextTime } from './stores.values.ts';

function newSessionId(): SessionId {
  return mintId('s', nextTime());
}

export function templateTests(get: GetStores): void {
  const make = (id: string, name = 'A name', env?: Record<string, string>) => ({
    id,
    name,
    spawn: { command: 'agent', args: [NASTY_TEXT] },
    runtime: { provider: 'local' },
    ...(env ? { env } : {}),
  });

  it('makes a version of every change, and keeps the old ones', async () => {
    const { templates } = get();
    const id = `user-${nextTime()}`;
    expect(await templates.save(make(id), true)).toEqual({
      ...make(id),
      version: 1,
      managed: false,
    });
    expect(await templates.save(make(id), true)).toBe('duplicate');
    expect(await templates.save(make(id, 'New', { KEY: 'x' }), false)).toMatchObject({
      version: 2,
      env: { KEY: 'x' },
    });
    expect(await templates.template(id)).toMatchObject({ version: 2, name: 'New' });
    expect(await templates.template(id, 1)).toEqual({ ...make(id), version: 1, managed: false });
    expect(await templates.template(id, 3)).toBeUndefined();
    expect(await templates.template('unknown')).toBeUndefined();
  });

  it('removes a template, keeps its versions for the sessions that pin them, and counts on', async () => {
    const { templates } = get();
    const id = `user-${nextTime()}`;
    await templates.save(make(id), true);
    expect(await templates.remove(id)).toBe('removed');
    expect(await templates.remove(id)).toBe('not_found');
    expect(await templates.template(id)).toBeUndefined();
    expect((await templates.templates()).map((template) => template.id)).not.toContain(id);
    expect(await templates.template(id, 1)).toMatchObject({ version: 1 });
    expect(await templates.save(make(id, 'Again'), true)).toMatchObject({ version: 2 });
  });

  it('synchronises the managed ones and leaves the others alone', async () => {
    const { templates } = get();
    const at = nextTime();
    const [a, b, own] = [`a-${at}`, `b-${at}`, `own-${at}`];
    await templates.save(make(own), true);
    await templates.syncManaged([make(a), make(b), make(own, 'Taken over')]);
    // The same again, with keys in another order: no new version.
    const { spawn, ...rest } = make(a);
    await templates.syncManaged([{ spawn, ...rest }, make(b, 'Changed')]);
    const listed = async (): Promise<string[]> =>
      (await templates.templates())
        .filter((template) => template.id.endsWith(`-${at}`))
        .map((template) => `${template.id} ${template.name} v${template.version}`);
    expect(await listed()).toEqual([`${a} A name v1`, `${b} Changed v2`, `${own} A name v1`]);
    expect(await templates.save(make(a, 'Mine'), false)).toBe('managed');
    expect(await templates.remove(a)).toBe('managed');
    await templates.syncManaged([make(b, 'Changed')]);
    expect(await listed()).toEqual([`${b} Changed v2`, `${own} A name v1`]);
    await templates.syncManaged([]);
    expect(await listed()).toEqual([`${own} A name v1`]);
  });
}

export function tokenTests(get: GetStores): void {
  it('finds a token by the hash of its secret until it is removed', async () => {
    const { tokens } = get();
    const at = nextTime();
    const token = {
      id: mintId('k', at),
      name: NASTY_TEXT,
      scopes: ['read', 'admin'] as const,
      createdAt: at,
      expiresAt: at + 5,
      lastUsedAt: null,
    };
    await tokens.insert(token, `hash-${at}`);
    expect(await tokens.byHash(`hash-${at}`)).toEqual(token);
    expect(await tokens.byHash('other')).toBeUndefined();
    await tokens.used(token.id, at + 100_000);
    await tokens.used(token.id, at + 130_000);
    expect(await tokens.byHash(`hash-${at}`)).toMatchObject({ lastUsedAt: at + 100_000 });
    expect((await tokens.tokens()).map((row) => row.id)).toContain(token.id);
    expect(await tokens.remove(token.id)).toBe(true);
    expect(await tokens.remove(token.id)).toBe(false);
    expect(await tokens.byHash(`hash-${at}`)).toBeUndefined();
  });
}

export function idempotencyTests(get: GetStores): void {
  it('lets one of many equal calls through, and repeats its answer', async () => {
    const { idempotency } = get();
    const key = `key-${nextTime()}`;
    const begun = await Promise.all(
      Array.from({ length: 10 }, () => idempotency.begin('ann POST /x', key, 'hash', 10)),
    );
    expect(begun.map((result) => result.state).toSorted()).toEqual([
      'new',
      ...Array(9).fill('running'),
    ]);
    const answer = { status: 201, body: NASTY_TEXT };
    await idempotency.finish('ann POST /x', key, answer);
    expect(await idempotency.begin('ann POST /x', key, 'hash', 20)).toEqual({
      state: 'answered',
      answer,
    });
    expect(await idempotency.begin('ann POST /x', key, 'changed', 20)).toEqual({
      state: 'mismatch',
    });
    expect(await idempotency.begin('bob POST /x', key, 'changed', 20)).toEqual({ state: 'new' });
  });

  it('forgets only what is old', async () => {
    const { idempotency } = get();
    const at = nextTime();
    await idempotency.begin('s', `old-${at}`, 'hash', at - 1);
    await idempotency.begin('s', `new-${at}`, 'hash', at);
    await idempotency.prune(at);
    expect(await idempotency.begin('s', `old-${at}`, 'hash', at)).toEqual({ state: 'new' });
    expect(await idempotency.begin('s', `new-${at}`, 'hash', at)).toEqual({ state: 'running' });
  });
}

export function decisionTests(get: GetStores): void {
  it('keeps every decision, newest first, in pages', async () => {
    const { decisions } = get();
    const made = Array.from({ length: 5 }, (_, index) => ({
      at: nextTime(),
      actor: ANN,
      verb: `verb-${index}`,
      outcome: index % 2 === 0 ? ('allowed' as const) : ('refused' as const),
      reason: 'because',
      sessionId: index === 0 ? null : newSessionId(),
      promptId: null,
      subjectHash: index === 0 ? null : 'abc',
      subject: index === 0 ? null : NASTY_TEXT,
    }));
    for (const decision of made) await decisions.append(decision);
    const first = await decisions.decisions(null, 2);
    expect(first.data).toEqual([made[4], made[3]]);
    const second = await decisions.decisions(first.nextCursor, 3);
    expect(second.data).toEqual([made[2], made[1], made[0]]);
  });
}

export function logoutTests(get: GetStores): void {
  it('knows the logins that were ended, until their cookies would be over', async () => {
    const { logouts } = get();
    const at = nextTime();
    const [first, second] = [`first-${at}`, `second-${at}`];
    await logouts.add(first, at, 0);
    await logouts.add(first, at + 1, 0);
    expect([await logouts.has(first), await logouts.has(second)]).toEqual([true, false]);
    await logouts.add(second, at + 10, at + 1);
    expect([await logouts.has(first), await logouts.has(second)]).toEqual([false, true]);
  });
}
