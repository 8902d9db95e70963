import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createActionTokens, type Action } from '../../../src/core/access/action-token.ts';

const key = randomBytes(32);
const tokens = createActionTokens({ key });
const action: Action = {
  sessionId: 's_1',
  requestId: 'r_1',
  optionId: 'allow "once" – ✓',
  surface: 'web',
  expiresAt: 1000,
  inputHash: 'a'.repeat(64),
};

describe('an action token', () => {
  it('gives back what it was minted for, on every replica with the key, until it expires', () => {
    const token = tokens.mint(action);
    expect(tokens.verify(token, 999)).toEqual(action);
    expect(createActionTokens({ key: Uint8Array.from(key) }).verify(token, 0)).toEqual(action);
    expect(tokens.verify(token, 1000)).toBeUndefined();
  });

  it('is refused under another key', () => {
    const other = createActionTokens({ key: randomBytes(32) });
    expect(other.verify(tokens.mint(action), 0)).toBeUndefined();
  });

  it('is refused when any character is changed, dropped or added', () => {
    const token = tokens.mint(action);
    for (let at = 0; at < token.length; at += 1) {
      const before = token.slice(0, at);
      const after = token.slice(at + 1);
      // Also the neighbours that differ in the bits that base64 leaves unused.
      for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.') {
        if (other === token.charAt(at)) continue;
        expect(tokens.verify(before + other + after, 0), `${at} ${other}`).toBeUndefined();
      }
      expect(tokens.verify(before + after, 0)).toBeUndefined();
    }
    for (const more of ['A', '=', '.', '.x', ' ', '\n']) {
      expect(tokens.verify(token + more, 0)).toBeUndefined();
      expect(tokens.verify(more + token, 0)).toBeUndefined();
    }
  });

  it('cannot be put together from two', () => {
    const [first = '', firstMac = ''] = tokens.mint(action).split('.');
    const [second = '', secondMac = ''] = tokens.mint({ ...action, surface: 'slack' }).split('.');
    expect(first).not.toBe(second);
    expect(tokens.verify(`${first}.${secondMac}`, 0)).toBeUndefined();
    expect(tokens.verify(`${second}.${firstMac}`, 0)).toBeUndefined();
  });

  it.each(['', '.', '..', 'x', 'x.y', '\0', `${'a'.repeat(10_000)}.b`, '💥.💥'])(
    'is not "%s"',
    (text) => {
      expect(tokens.verify(text, 0)).toBeUndefined();
    },
  );

  it('is safe in a URL and fits into a Slack button with the longest ids that there are', () => {
    const token = tokens.mint({
      sessionId: 's'.repeat(128),
      requestId: 'r'.repeat(128),
      optionId: 'o'.repeat(512),
      surface: 'github-enterprise',
      expiresAt: Number.MAX_SAFE_INTEGER,
      inputHash: 'f'.repeat(64),
    });
    expect(token).toMatch(/^[A-Za-z0-9_.-]+$/);
    expect(token.length).toBeLessThanOrEqual(2000);
  });

  it('that would not fit is an error that says what to do', () => {
    expect(() => tokens.mint({ ...action, optionId: 'o'.repeat(2000) })).toThrow('by code');
  });

  it('needs a key that cannot be guessed', () => {
    expect(() => createActionTokens({ key: randomBytes(16) })).toThrow('32 bytes');
  });
});
