import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { configurationTable } from '../../src/config/help.ts';
import { root } from './lint-plants.ts';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

test('the configuration table is the one that the program is made from', () => {
  const table = /<!-- configuration: .*? -->\n\n([\s\S]*?)\n\n<!-- \/configuration -->/.exec(
    readme,
  )?.[1];
  expect(table).toBe(configurationTable());
});

test('the two commands of a newcomer are there, and what they run exists', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  expect(readme).toContain('npm ci && npm start');
  expect(readme).toContain('npm ci && npm test');
  const named = [...readme.matchAll(/npm run (\w+)/g)].map((match) => match[1] ?? '');
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
});

test('every file of the repository that the README points to is there', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  expect(links).toContain('src/README.md');
  expect(links.filter((link) => !existsSync(path.join(root, link)))).toEqual([]);
});
