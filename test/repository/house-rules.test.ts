/** The house rules hold because oxlint enforces them: one violation of each, and clean files. */
import { beforeAll, expect, test } from 'vitest';
import { lint } from './lint-plants.ts';
import type { Finding } from './lint-plants.ts';

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** [rule, file, source that breaks it] */
const violations: readonly (readonly [string, string, string])[] = [
  [
    'import/no-cycle',
    'src/http/a.ts',
    `import { b } from './b.ts';\nexport const a = (): number => b();`,
  ],
  [
    'import/no-cycle',
    'src/http/b.ts',
    `import { a } from './a.ts';\nexport const b = (): number => a();`,
  ],
  ['import/no-default-export', 'src/http/default.ts', 'export default 1;'],
  ['oxc/no-barrel-file', 'src/http/barrel.ts', `export * from './clean.ts';`],
  [
    'max-lines',
    'src/http/long-file.ts',
    lines(301, (index) => `export const a${index} = ${index};`),
  ],
  [
    'max-lines-per-function',
    'src/http/long-function.ts',
    `export function long(): number {\nlet x = 0;\n${lines(60, () => 'x += 1;')}\nreturn x;\n}`,
  ],
  ['typescript/no-explicit-any', 'src/http/any.ts', 'export const f = (x: any): void => void x;'],
  [
    'typescript/no-unsafe-return',
    'src/http/unsafe.ts',
    'export const f = (text: string): string => JSON.parse(text);',
  ],
  [
    'typescript/no-non-null-assertion',
    'src/http/non-null.ts',
    'export const f = (x: string | undefined): string => x!;',
  ],
  [
    'typescript/no-floating-promises',
    'src/http/floating.ts',
    'export const f = (p: Promise<void>): void => {\n  p;\n};',
  ],
  [
    'typescript/no-misused-promises',
    'src/http/misused.ts',
    'export const f = (p: Promise<boolean>): number => (p ? 1 : 2);',
  ],
  [
    'typescript/consistent-type-imports',
    'src/http/type-import.ts',
    `import { Clean } from './clean.ts';\nexport const f = (x: Clean): Clean => x;`,
  ],
  [
    'typescript/consistent-type-imports',
    'src/http/import-type.ts',
    `export type Late = import('./clean.ts').Clean;`,
  ],
  [
    'typescript/switch-exhaustiveness-check',
    'src/http/switch.ts',
    `export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}`,
  ],
  [
    'typescript/only-throw-error',
    'src/http/throw.ts',
    `export function f(): never {\n  throw 'a string';\n}`,
  ],
  [
    'no-empty',
    'src/http/swallow.ts',
    'export function f(g: () => void): void {\n  try {\n    g();\n  } catch {}\n}',
  ],
  [
    'typescript/no-namespace',
    'src/http/namespace.ts',
    'export namespace N {\n  export const a = 1;\n}',
  ],
  [
    'typescript/parameter-properties',
    'src/http/properties.ts',
    'export class C {\n  constructor(readonly a: number) {}\n}',
  ],
  ['no-console', 'src/http/console.ts', `console.log('x');`],
  ['node/no-process-env', 'src/http/env.ts', 'export const f = (): unknown => process.env;'],
  ['node/no-process-env', 'src/cli/env.ts', 'export const f = (): unknown => process.env;'],
  [
    'unicorn/prefer-node-protocol',
    'src/http/protocol.ts',
    `import fs from 'fs';\nexport const f = fs;`,
  ],
  ['unicorn/filename-case', 'src/http/camelCase.ts', 'export const a = 1;'],
  [
    'vitest/no-focused-tests',
    'test/http/focused.test.ts',
    `import { test, expect } from 'vitest';\ntest.only('x', () => expect(1).toBe(1));`,
  ],
];

/** Files that break nothing, among them what a folder may do that others may not. */
const clean: readonly (readonly [string, string])[] = [
  [
    'src/http/clean.ts',
    'export interface Clean {\n  readonly a: number;\n}\nexport const clean: Clean = { a: 1 };',
  ],
  [
    'src/http/typed.ts',
    `import type { Clean } from './clean.ts';\nexport const f = (x: Clean): Clean => x;`,
  ],
  ['src/config/env.ts', `export const home = (): string | undefined => process.env['HOME'];`],
  ['src/cli/print.ts', `export const f = (): void => console.log('x');`],
  [
    'test/http/long.test.ts',
    `import { test, expect } from 'vitest';\ntest('x', () => {\n${lines(70, () => '  expect(1).toBe(1);')}\n});`,
  ],
];

let findings: readonly Finding[];

beforeAll(() => {
  findings = lint(
    new Map([...violations.map(([, file, source]) => [file, source] as const), ...clean]),
  );
});

const rulesOf = (file: string): readonly string[] =>
  findings.filter((finding) => finding.file === file).map(({ rule }) => rule);

test.each(violations)('%s is enforced (%s)', (rule, file) => {
  expect(rulesOf(file)).toContain(rule);
});

test.each(clean)('%s is left alone', (file) => {
  expect(rulesOf(file)).toEqual([]);
});
