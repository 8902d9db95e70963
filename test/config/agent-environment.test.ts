import { afterEach, expect, test } from 'vitest';
import { environmentFor } from '../../src/config/agent-environment.ts';

afterEach(() => {
  delete process.env['THREADCAST_TEST_KEY'];
  delete process.env['THREADCAST_TEST_OTHER'];
});

test('an agent gets the variables that are named and set, and no others', () => {
  process.env['THREADCAST_TEST_KEY'] = 'k';
  process.env['THREADCAST_TEST_OTHER'] = 'secret';
  expect(environmentFor(['THREADCAST_TEST_KEY', 'THREADCAST_TEST_UNSET'])).toEqual({
    THREADCAST_TEST_KEY: 'k',
  });
});
