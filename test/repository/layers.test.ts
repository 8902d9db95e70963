/**
 * The rules of who may import whom hold because oxlint enforces them: here every folder of src is
 * made to import every other one, and each package, in a copy.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { lint, root } from './lint-plants.ts';
import type { Finding } from './lint-plants.ts';

const CONTRACTS = ['sessions/service.ts', 'outbox/outbox.ts'];
const PURE = ['commands', 'access', 'policy', 'transcript'];
const WORKING = ['sessions', 'outbox', 'inbound', 'presenter'];

/** Folder of core -> the folders of core that it may import. */
const CORE: Readonly<Record<string, readonly string[]>> = {
  model: [],
  ports: ['model'],
  ...Object.fromEntries(PURE.map((name) => [name, ['model']])),
  events: ['model', 'ports', ...PURE],
  platforms: ['model', 'ports', ...PURE],
  ...Object.fromEntries(WORKING.map((name) => [name, ['model', 'ports', ...PURE, 'events']])),
};

/** Package -> the edge folders whose business it is. zod is everybody's, but not of `ports`. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@agentclientprotocol/sdk': ['acp', 'example-agent'],
  '@electric-sql/pglite': ['storage'],
  '@hono/node-server': ['http'],
  '@hono/zod-openapi': ['http'],
  '@slack/bolt': ['slack'],
  '@slack/types': ['slack'],
  '@slack/web-api': ['slack'],
  diff: ['core/transcript'],
  hono: ['http', 'web'],
  idiomorph: ['web'],
  kysely: ['storage'],
  'markdown-it': ['web'],
  pg: ['storage'],
  pino: ['logging'],
  'pino-pretty': ['logging'],
  probot: ['github'],
  ws: ['http'],
};

const folders = (under: string): readonly string[] =>
  readdirSync(path.join(root, under), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const edges = folders('src').filter((name) => name !== 'core');
const coreFolders = folders('src/core');

interface Plant {
  readonly file: string;
  readonly specifier: string;
  readonly allowed: boolean;
}

const plants: readonly Plant[] = [
  ...edgePlants(),
  ...innerCorePlants(),
  ...corePlants(),
  ...packagePlants(),
  ...entryPlants(),
];
let findings: readonly Finding[];

function plant(folder: string, specifier: string, allowed: boolean): Plant {
  const name = specifier.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '');
  return { file: `src/${folder}/plant-${name}.ts`, specifier, allowed };
}

/** From the folder itself and from a folder inside it. */
function edgePlants(): readonly Plant[] {
  return edges.flatMap((from) => [
    ...edges
      .filter((to) => to !== from)
      .flatMap((to) => [
        plant(from, `../${to}/target.ts`, false),
        plant(`${from}/inner`, `../../${to}/target.ts`, false),
      ]),
    plant(from, '../app.ts', false),
    plant(from, '../cli-services.ts', false),
    plant(from, '../main.ts', false),
    plant(from, '../core/model/target.ts', true),
    plant(`${from}/inner`, '../../core/ports/target.ts', true),
    plant(`${from}/inner`, '../target.ts', true),
    plant(from, './target.ts', true),
    plant(from, 'node:fs/promises', true),
    plant(from, 'node:process', false),
  ]);
}

function corePlants(): readonly Plant[] {
  return coreFolders.flatMap((from) => [
    ...coreFolders
      .filter((to) => to !== from)
      .map((to) => plant(`core/${from}`, `../${to}/target.ts`, CORE[from]?.includes(to) ?? false)),
    ...edges.map((to) => plant(`core/${from}`, `../../${to}/target.ts`, false)),
    ...CONTRACTS.filter((contract) => !contract.startsWith(from)).map((contract) =>
      plant(`core/${from}`, `../${contract}`, WORKING.includes(from)),
    ),
    plant(`core/${from}`, '../../app.ts', false),
    plant(`core/${from}`, './target.ts', true),
    plant(`core/${from}`, 'zod', from !== 'ports'),
    plant(`core/${from}`, 'node:crypto', from !== 'model' && from !== 'ports'),
    plant(`core/${from}`, 'node:fs', false),
  ]);
}

/** The same rules hold in a folder inside one of the working folders, such as inbound/handlers. */
function innerCorePlants(): readonly Plant[] {
  return WORKING.flatMap((from) => {
    const inner = `core/${from}/inner`;
    return [
      ...coreFolders
        .filter((to) => to !== from)
        .map((to) => plant(inner, `../../${to}/target.ts`, CORE[from]?.includes(to) ?? false)),
      ...edges.map((to) => plant(inner, `../../../${to}/target.ts`, false)),
      plant(inner, '../target.ts', true),
      plant(inner, './target.ts', true),
      plant(inner, '../../../app.ts', false),
      plant(inner, 'zod', true),
      plant(inner, 'node:fs', false),
      plant(inner, 'kysely', false),
    ];
  });
}

function packagePlants(): readonly Plant[] {
  const places = [...edges, ...coreFolders.map((name) => `core/${name}`)];
  return Object.entries(PACKAGES).flatMap(([name, owners]) =>
    places.map((place) => plant(place, name, owners.includes(place))),
  );
}

function entryPlants(): readonly Plant[] {
  const app = (specifier: string, allowed: boolean): Plant => ({
    file: 'src/app.ts',
    specifier,
    allowed,
  });
  const main = (specifier: string, allowed: boolean): Plant => ({
    file: 'src/main.ts',
    specifier,
    allowed,
  });
  return [
    ...edges.map((name) => app(`./${name}/target.ts`, true)),
    app('./core/model/target.ts', true),
    app('hono', false),
    app('zod', false),
    app('./main.ts', false),
    main('./cli-services.ts', true),
    main('./app.ts', false),
    main('./config/target.ts', true),
    main('./cli/target.ts', true),
    main('./storage/target.ts', false),
    main('./core/model/target.ts', false),
    main('pino', false),
  ];
}

beforeAll(() => {
  const files = new Map<string, string>();
  for (const { file, specifier } of plants) {
    const source = files.get(file) ?? '';
    files.set(file, `${source}import * as plant${source.length} from '${specifier}';\n`);
  }
  findings = lint(files);
});

const refused = ({ file, specifier }: Plant): boolean =>
  findings.some(
    (finding) =>
      finding.file === file &&
      finding.rule === 'no-restricted-imports' &&
      finding.message.startsWith(`'${specifier}' import`),
  );

const told = ({ file, specifier }: Plant): string => `${file} imports ${specifier}`;

test('every import that the layers forbid is reported', () => {
  const forbidden = plants.filter(({ allowed }) => !allowed);
  expect(forbidden.length).toBeGreaterThan(400);
  expect(forbidden.filter((each) => !refused(each)).map(told)).toEqual([]);
});

test('no import that the layers allow is reported', () => {
  const allowed = plants.filter((each) => each.allowed);
  expect(allowed.length).toBeGreaterThan(100);
  expect(allowed.filter(refused).map(told)).toEqual([]);
});

test('every folder of core has its place in the layers', () => {
  expect(coreFolders.filter((name) => CORE[name] === undefined)).toEqual([]);
});

test('every package that the product depends on has its folder', () => {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  const everybodys = ['zod', 'node'];
  expect(
    Object.keys(dependencies)
      .filter((name) => !everybodys.includes(name))
      .toSorted(),
  ).toEqual(Object.keys(PACKAGES).toSorted());
});
