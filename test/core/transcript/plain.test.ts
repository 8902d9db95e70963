import { expect, test } from 'vitest';
import { errorText, plainName, quote } from '../../../src/core/transcript/plain.ts';

test('a name cannot mention, format or hide anything', () => {
  expect(plainName('<!channel> @team [x](http://evil) \u202Eann')).toBe(
    'channel team x http://evil ann',
  );
  expect(plainName('**')).toBe('somebody');
  expect(plainName('x'.repeat(100))).toHaveLength(60);
});

test('a quoted text is one line of code, whatever is in it', () => {
  expect(quote('  `rm -rf` ``` @here\nand more')).toBe("`'rm -rf' ''' @here`");
  expect(quote(' \n ')).toBe('(no text)');
  expect(quote('x'.repeat(200))).toHaveLength(82);
});

test('the message of an error is a sentence without live mentions, and its details a code block', () => {
  expect(errorText('The agent said <@U1> @team.')).toBe(
    'The agent said <\u200B@\u200BU1> @\u200Bteam.',
  );
  expect(errorText('It exited.\nstderr: ```boom```\n@team')).toBe(
    'It exited.\n\n````\nstderr: ```boom```\n@team\n````',
  );
});
