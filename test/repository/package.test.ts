/**
 * The published package works where nobody has our sources: packed as npm packs it, unpacked below
 * a node_modules folder (where Node strips no types), and started.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './lint-plants.ts';

let elsewhere: string;
let installed: string;
let bin: string;

beforeAll(() => {
  elsewhere = mkdtempSync(path.join(tmpdir(), 'threadcast-package-'));
  installed = path.join(elsewhere, 'node_modules', 'threadcast');
  mkdirSync(installed, { recursive: true });
  const pack = ['pack', '--json', '--pack-destination', elsewhere];
  execFileSync('npm', pack, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = readdirSync(elsewhere).find((name) => name.endsWith('.tgz')) ?? '';
  execFileSync('tar', [
    '-xzf',
    path.join(elsewhere, tarball),
    '-C',
    installed,
    '--strip-components=1',
  ]);
  // What `npm install` would bring, without asking a registry.
  symlinkSync(path.join(root, 'node_modules'), path.join(installed, 'node_modules'));
  const manifest: { bin: { threadcast: string } } = JSON.parse(
    readFileSync(path.join(installed, 'package.json'), 'utf8'),
  );
  bin = path.join(installed, manifest.bin.threadcast);
});

afterAll(() => {
  rmSync(elsewhere, { recursive: true });
});

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  HOME: elsewhere,
  PORT: '0',
  THREADCAST_DATA_DIR: path.join(elsewhere, 'data'),
});

const threadcast = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [bin, ...args], {
    cwd: elsewhere,
    env: environment(),
    encoding: 'utf8',
  });

test('it holds compiled code, the page, licence and README, and no TypeScript', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('node_modules'),
  );
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'package.json',
      'dist/main.js',
      'dist/web/page/style.css',
    ]),
  );
  expect(files.filter((name) => name.endsWith('.ts') || name.startsWith('test'))).toEqual([]);
});

test('its command can be called as an executable', () => {
  expect(readFileSync(bin, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
});

test('threadcast --help answers', () => {
  expect(threadcast('--help')).toContain('Usage: threadcast [command]');
});

test('threadcast agents finds the example agent inside the package', () => {
  expect(threadcast('agents')).toMatch(/✓ example\s/);
});

test('threadcast starts, is healthy, shows its page, and ends at a signal', async () => {
  const server = spawn(process.execPath, [bin], { cwd: elsewhere, env: environment() });
  const ended = once(server, 'exit');
  try {
    const url = await readyUrl(server.stdout);
    const health = await fetch(`${url}/api/health`);
    expect(await health.json()).toMatchObject({ status: expect.any(String) });
    expect((await fetch(`${url}/login`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  } finally {
    server.kill('SIGKILL');
  }
});

async function readyUrl(stdout: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stdout) {
    text += chunk.toString();
    const url = /is ready at (\S+)/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`The server ended before it was ready: ${text}`);
}
