import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  adminTokenPath,
  readOrCreateAdminToken,
  readOrCreateServerKey,
  serverKeyPath,
} from '../../src/config/secrets.ts';

let base: string;
let dataDir: string;

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'threadcast-secrets-'));
  dataDir = path.join(base, 'data');
});

afterEach(async () => {
  await rm(base, { recursive: true });
});

const mode = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

test('the first start makes a key of 32 bytes that only the owner can read, and later ones find it', async () => {
  const key = await readOrCreateServerKey(dataDir);
  expect(key).toHaveLength(32);
  expect(await mode(dataDir)).toBe('700');
  expect(await mode(serverKeyPath(dataDir))).toBe('600');
  expect(await readOrCreateServerKey(dataDir)).toEqual(key);
});

test('two servers have two keys', async () => {
  const other = path.join(base, 'other');
  expect(await readOrCreateServerKey(dataDir)).not.toEqual(await readOrCreateServerKey(other));
});

test('twenty starts at once agree on one token and leave nothing else behind', async () => {
  let minted = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, () =>
      readOrCreateAdminToken(dataDir, () => `tc_${String((minted += 1)).padStart(43, 'a')}`),
    ),
  );
  expect(new Set(results.map(({ token }) => token)).size).toBe(1);
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(await readdir(dataDir)).toEqual(['admin-token']);
  expect(await readFile(adminTokenPath(dataDir), 'utf8')).toBe(`${results[0]?.token}\n`);
});

test('a secret that others can read is refused with the mend', async () => {
  await readOrCreateServerKey(dataDir);
  await chmod(serverKeyPath(dataDir), 0o644);
  await expect(readOrCreateServerKey(dataDir)).rejects.toThrow(
    `can be read by other users of this machine. Run: chmod 600 ${serverKeyPath(dataDir)}`,
  );
});

test('a damaged key is refused, not replaced', async () => {
  await readOrCreateServerKey(dataDir);
  await writeFile(serverKeyPath(dataDir), 'short\n');
  await expect(readOrCreateServerKey(dataDir)).rejects.toThrow('is damaged');
  expect(await readFile(serverKeyPath(dataDir), 'utf8')).toBe('short\n');
});

test('an empty token file is refused', async () => {
  await readOrCreateAdminToken(dataDir, () => 'tc_x');
  await writeFile(adminTokenPath(dataDir), '\n');
  await expect(readOrCreateAdminToken(dataDir, () => 'tc_y')).rejects.toThrow('is empty');
});
