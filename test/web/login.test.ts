import { describe, expect, it } from 'vitest';
import { createLogin } from '../../src/web/login.ts';
import { createViewerCookie } from '../../src/web/viewer-cookie.ts';
import { createManualClock } from '../harness/manual-clock.ts';

const key = new Uint8Array(32).fill(1);
const MINUTE = 60_000;

function codeOf(link: string): string {
  return new URL(link).hash.slice(1);
}

describe('a login link', () => {
  it('carries its code where neither servers nor link previews see it', () => {
    const login = createLogin({ key, clock: createManualClock() });
    const link = new URL(login.mintLink('https://cast.example/base'));
    expect(link.origin + link.pathname + link.search).toBe('https://cast.example/login');
    expect(link.hash.length).toBeGreaterThan(40);
  });

  it('works once', () => {
    const login = createLogin({ key, clock: createManualClock() });
    const code = codeOf(login.mintLink('http://localhost'));
    expect(login.redeem(code)).toBe('ok');
    expect(login.redeem(code)).toBe('used');
  });

  it('works for 15 minutes', async () => {
    const clock = createManualClock();
    const login = createLogin({ key, clock });
    const [early, late] = [login.mintLink('http://localhost'), login.mintLink('http://localhost')];
    await clock.advance(15 * MINUTE);
    expect(login.redeem(codeOf(early))).toBe('ok');
    await clock.advance(1);
    expect(login.redeem(codeOf(late))).toBe('expired');
  });

  it('may be made by another process with the same key, while the server runs', async () => {
    const clock = createManualClock();
    const server = createLogin({ key, clock });
    await clock.advance(MINUTE);
    const command = createLogin({ key, clock });
    expect(server.redeem(codeOf(command.mintLink('http://localhost')))).toBe('ok');
  });

  it('dies with the server that it was made on, so that a restart makes no used link fresh', async () => {
    const clock = createManualClock();
    const before = createLogin({ key, clock });
    const code = codeOf(before.mintLink('http://localhost'));
    expect(before.redeem(code)).toBe('ok');
    await clock.advance(1);
    expect(createLogin({ key, clock }).redeem(code)).toBe('expired');
  });

  it('cannot be forged, changed, or made with another key', () => {
    const clock = createManualClock();
    const login = createLogin({ key, clock });
    const code = codeOf(login.mintLink('http://localhost'));
    const other = createLogin({ key: new Uint8Array(32).fill(2), clock });
    const changed = code.replace(/^./, (first) => (first === 'B' ? 'C' : 'B'));
    for (const wrong of ['', 'x', changed, code.slice(1), codeOf(other.mintLink('http://l'))]) {
      expect(login.redeem(wrong)).toBe('wrong');
    }
  });
});

describe('the cookie', () => {
  const make = (secure: boolean, clock = createManualClock(), cookieKey = key) =>
    createViewerCookie({ key: cookieKey, clock, secure });
  const sent = (setCookie: string): string => setCookie.split(';')[0] ?? '';

  it('says who came, after a restart too', () => {
    expect(make(false).read(`a=b; ${sent(make(false).issue())}`)).toMatchObject({
      viewer: 'operator',
    });
  });

  it('is kept from scripts, other sites and plain http', () => {
    expect(
      make(true)
        .issue()
        .replace(/=[^;]+;/, '=…;'),
    ).toMatchInlineSnapshot(
      `"__Host-threadcast=…; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict; Secure"`,
    );
    expect(make(false).issue()).not.toContain('Secure');
  });

  it('ends after 30 days', async () => {
    const clock = createManualClock();
    const cookie = make(false, clock);
    const value = sent(cookie.issue());
    await clock.advance(30 * 24 * 60 * MINUTE - 1);
    expect(cookie.read(value)).toMatchObject({ viewer: 'operator' });
    await clock.advance(1);
    expect(cookie.read(value)).toBeUndefined();
  });

  it('counts for nothing when anything in it was changed', () => {
    const cookie = make(false);
    const value = sent(cookie.issue());
    const stolen = sent(make(false, createManualClock(), new Uint8Array(32).fill(2)).issue());
    const later = value.replace(/\.(\d+)\./, (_all, at: string) => `.${Number(at) + 1}.`);
    const again = value.replace(/[0-9a-f]{8}-/, '00000000-');
    const other = value.replace('operator', 'somebody');
    for (const wrong of [stolen, later, again, other, `${value}x`, 'threadcast=', 'threadcast']) {
      expect(cookie.read(wrong)).toBeUndefined();
    }
    expect(cookie.read(undefined)).toBeUndefined();
  });
});
