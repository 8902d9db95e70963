import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { request } from 'node:http';
import { mintId } from '../../src/core/model/ids.ts';
import { hashToken, mintToken } from '../../src/http/auth.ts';
import { addressGroup, createRefusals } from '../../src/http/refusals.ts';
import { createManualClock } from '../harness/manual-clock.ts';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer({
    limits: { refusedTokensPerMinute: 3 },
    allowedOrigins: ['https://board.example'],
  });
});
afterEach(() => server.close());

/** fetch does not let a caller set Host. */
function statusFor(headers: Record<string, string>, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(`${server.url}/api/health`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject);
    call.end();
  });
}

describe('tokens', () => {
  it('are 256 random bits that are stored as a hash', () => {
    const { token, hash } = mintToken();
    expect(token).toMatch(/^tc_[A-Za-z0-9_-]{43}$/);
    expect(hash).toBe(hashToken(token));
    expect(mintToken().token).not.toBe(token);
  });

  it('stop working when they expire or are removed', async () => {
    const { token, hash } = mintToken();
    const now = Date.now();
    const id = mintId('k', now);
    const record = { id, name: 'short', scopes: ['read'] as const, createdAt: now };
    await server.storage.tokens.insert({ ...record, expiresAt: now - 1, lastUsedAt: null }, hash);
    expect((await server.call('GET', '/api/sessions', { token })).status).toBe(401);

    const fresh = await server.token('read');
    expect((await server.call('GET', '/api/sessions', { token: fresh })).status).toBe(200);
    const stored = await server.storage.tokens.byHash(hashToken(fresh));
    if (!stored) throw new Error('no token');
    await server.storage.tokens.remove(stored.id);
    expect((await server.call('GET', '/api/sessions', { token: fresh })).status).toBe(401);
  });

  it('remember when they were used', async () => {
    const token = await server.token('read');
    await server.call('GET', '/api/sessions', { token });
    await expect
      .poll(async () => (await server.storage.tokens.byHash(hashToken(token)))?.lastUsedAt)
      .toBeTypeOf('number');
  });

  it('are not taken from a URL', async () => {
    const token = await server.token('admin');
    const path = `/api/sessions?token=${token}&access_token=${token}`;
    expect((await server.call('GET', path, { token: null })).status).toBe(401);
  });
});

describe('refused tokens', () => {
  it('are answered 429 with Retry-After once an address has tried too many', async () => {
    const guess = () => server.call('GET', '/api/sessions', { token: mintToken().token });
    for (let i = 0; i < 3; i += 1) expect((await guess()).status).toBe(401);
    const response = await guess();
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: 'limited' });
    // Neighbours with a valid token are not locked out.
    expect((await server.call('GET', '/api/sessions')).status).toBe(200);
  });

  it('are forgotten after a minute', async () => {
    const clock = createManualClock();
    const refusals = createRefusals(clock, 1);
    expect(refusals.add('1.2.3.4')).toBeUndefined();
    await clock.advance(20_000);
    expect(refusals.add('1.2.3.4')).toBe(40);
    expect(refusals.add('1.2.3.5')).toBeUndefined();
    await clock.advance(40_000);
    expect(refusals.add('1.2.3.4')).toBeUndefined();
  });

  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('of %s count for %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('browsers', () => {
  const host = (): string => new URL(server.url).host;

  it('may call from our own pages and from allowed origins', async () => {
    expect(await statusFor({ Origin: server.url })).toBe(200);
    expect(await statusFor({ Origin: 'https://board.example' })).toBe(200);
    expect(await statusFor({})).toBe(200);
  });

  it.each(['https://evil.example', 'null', 'https://board.example.evil.example'])(
    'may not call from %s',
    async (origin) => {
      expect(await statusFor({ Origin: origin })).toBe(403);
    },
  );

  it('get CORS headers for allowed origins only, and never a star', async () => {
    const allowed = await server.call('OPTIONS', '/api/sessions', {
      token: null,
      headers: { Origin: 'https://board.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('https://board.example');
    expect(allowed.headers.get('Access-Control-Allow-Headers')).toContain('Authorization');
    const own = await server.call('GET', '/api/sessions', { headers: { Origin: server.url } });
    expect(own.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it('cannot reach a loopback server under a name of somebody else', async () => {
    expect(await statusFor({ Host: 'rebound.example' })).toBe(403);
    expect(await statusFor({ Host: host() })).toBe(200);
    expect(await statusFor({ Host: 'localhost:3000' })).toBe(200);
  });
});
