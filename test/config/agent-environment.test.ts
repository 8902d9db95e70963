import { afterEach, expect, test } from 'vitest';
import { environmentFor, secretsFor } from '../../src/config/agent-environment.ts';

afterEach(() => {
  delete process.env['THREADCAST_TEST_KEY'];
  delete process.env['THREADCAST_TEST_OTHER'];
  delete process.env['DATABASE_URL'];
});

test('an agent gets the variables that are named and set, and no others', () => {
  process.env['THREADCAST_TEST_KEY'] = 'k';
  process.env['THREADCAST_TEST_OTHER'] = 'secret';
  expect(environmentFor(['THREADCAST_TEST_KEY', 'THREADCAST_TEST_UNSET'])).toEqual({
    THREADCAST_TEST_KEY: 'k',
  });
});

test('our own settings reach no agent, even if its template names them', () => {
  process.env['DATABASE_URL'] = 'postgres://app:hush@db/app';
  expect(environmentFor(['DATABASE_URL'])).toEqual({});
});

test('what a key or token is among the variables of agents is known as a secret', () => {
  process.env['THREADCAST_TEST_KEY'] = 'k';
  process.env['THREADCAST_TEST_OTHER'] = 'a place';
  expect(secretsFor(['THREADCAST_TEST_KEY', 'THREADCAST_TEST_OTHER'])).toEqual(['k']);
});
