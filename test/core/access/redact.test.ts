import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/core/access/redact.ts';

const redact = createRedactor();

test.each([
  ['our own token', `token tc_${'x'.repeat(43)} refused`, 'token [secret] refused'],
  ['an installation token', 'ghs_16C7e42F292c6912E7710c838347Ae178B4a', '[secret]'],
  ['a newer installation token', `ghs_123456_eyJhbGciOi.eyJpc3Mi.s-g_n`, '[secret]'],
  ['a personal access token', 'github_pat_11ABCDEFG0123456789_abcdef', '[secret]'],
  ['a model key', 'key=sk-ant-api03-abcdefghijklmnop', 'key=[secret]'],
  ['a Slack bot token', 'xoxb-2345678901-abcdefghij', '[secret]'],
  ['a rotated Slack token', 'xoxe.xoxp-1-abcdefghij', '[secret]'],
  ['a Slack app token', 'xapp-1-A01-23456-abcdef', '[secret]'],
  ['a token at the start of a line', '{"a":"x\\nghs_16C7e42F292c6912"}', '{"a":"x\\n[secret]"}'],
  [
    'the password of a URL',
    'postgres://app:s3cr3t@db/x failed',
    'postgres://app:[secret]@db/x failed',
  ],
  [
    'a bearer header',
    '"authorization":"Bearer abc.def-123456"',
    '"authorization":"Bearer [secret]"',
  ],
])('%s is masked', (_name, text, masked) => {
  expect(redact(text)).toBe(masked);
});

test.each([
  'task-sk-1 is done',
  'the class sk-folding-cube-animation',
  'http://localhost:3000/a@b',
  'tc_short',
  'session ses_01ABC resumed at 12:30:00',
  'it uses Bearer authentication',
  'WyJzXzEi-tc_aaaaaaaaaaaaaaaaaaaaaaaa.sk-a1aaaaaaaaaaaaaaaaaaaaaa',
])('ordinary text stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});

const SECRET = 'correct-horse-battery-staple-42';

test.each([
  ['as it is', SECRET],
  ['without its beginning', SECRET.slice(8)],
  ['backwards', Array.from(SECRET).toReversed().join('')],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['in base64 after one more character', Buffer.from(`:${SECRET}`).toString('base64')],
  ['in base64 between others', Buffer.from(`x:${SECRET}:y`).toString('base64url')],
])('a secret of this server is masked %s', (_name, text) => {
  const out = createRedactor([SECRET, 'short'])(`a ${text} b, a short one`);
  expect(out).toMatch(/^a .{0,10}\[secret\].{0,10} b, a short one$/);
});

test('a secret with characters that a URL writes in another way is masked there too', () => {
  expect(createRedactor(['p&ss word+'])(`?q=${encodeURIComponent('p&ss word+')}`)).toBe(
    '?q=[secret]',
  );
});

test('hostile text takes no longer than other text', () => {
  const hostile = ['a://:', 'sk-', 'ghs_a', 'Bearer a.', ':', 'x://u:'].map((piece) =>
    piece.repeat(1_000_000 / piece.length),
  );
  const started = performance.now();
  for (const text of hostile) redact(text);
  expect(performance.now() - started).toBeLessThan(3_000);
});
