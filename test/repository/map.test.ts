/** The map is tested, so that it cannot describe a building that is gone. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from './lint-plants.ts';

const src = path.join(root, 'src');
const map = readFileSync(path.join(src, 'README.md'), 'utf8');

/** The first cells of the table of folders. */
const named = [...map.matchAll(/^\| `([\w/-]+\/|[\w-]+\.ts)`/gm)].map((match) => match[1] ?? '');

const folders = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `${path.relative(src, path.join(entry.parentPath, entry.name))}/`);

test('everything that the map names is there', () => {
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !existsSync(path.join(src, name)))).toEqual([]);
});

test('every folder of src is on the map', () => {
  expect(folders.filter((folder) => !named.includes(folder))).toEqual([]);
});

test('every link of the map leads somewhere', () => {
  const links = [...map.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !existsSync(path.join(src, link)))).toEqual([]);
});

test('the map has one sequence diagram', () => {
  expect(map.match(/```mermaid\nsequenceDiagram/g)).toHaveLength(1);
});

test('every library that the product depends on has its reason', () => {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  // Why npm brings Node is a decision of its own.
  const reasons = Object.keys(dependencies).filter(
    (name) => name !== 'node' && !map.includes(`\`${name}\``),
  );
  expect(reasons).toEqual([]);
});
