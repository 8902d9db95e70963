import { expect, test } from 'vitest';
import { redact } from '../../src/logging/redact.ts';

test.each([
  ['our own token', `token tc_${'x'.repeat(43)} refused`, 'token [secret] refused'],
  ['an installation token', 'ghs_16C7e42F292c6912E7710c838347Ae178B4a', '[secret]'],
  ['a newer installation token', `ghs_123456_eyJhbGciOi.eyJpc3Mi.s-g_n`, '[secret]'],
  ['a personal access token', 'github_pat_11ABCDEFG0123456789_abcdef', '[secret]'],
  ['a model key', 'key=sk-ant-api03-abcdefghijklmnop', 'key=[secret]'],
  ['a Slack bot token', 'xoxb-2345678901-abcdefghij', '[secret]'],
  ['a rotated Slack token', 'xoxe.xoxp-1-abcdefghij', '[secret]'],
  ['a Slack app token', 'xapp-1-A01-23456-abcdef', '[secret]'],
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
  'http://localhost:3000/a@b',
  'tc_short',
  'session ses_01ABC resumed at 12:30:00',
])('ordinary text stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});

test('the secrets of this server are masked wherever they stand', () => {
  expect(redact('a hush b hush', ['hush'])).toBe('a [secret] b [secret]');
});
