/**
 * The page's own files: style sheet, scripts, icon. Read once at start. Scripts are TypeScript in
 * the source tree, served with their types stripped, and plain JavaScript in the built package.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly body: string;
  readonly type: string;
  readonly etag: string;
}

export interface Assets {
  /** Address of the page's entry script. */
  readonly script: string;
  asset(name: string): Asset | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  js: 'text/javascript; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
};

export function loadAssets(): Assets {
  const directory = new URL('./page/', import.meta.url);
  const assets = new Map<string, Asset>();
  const add = (name: string, body: string): void => {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined || name.endsWith('.d.ts')) return;
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    assets.set(name, { body, type, etag });
  };
  for (const name of readdirSync(directory)) {
    const source = readFileSync(new URL(name, directory), 'utf8');
    add(name, /\.[tj]s$/.test(name) ? toBrowserScript(source) : source);
  }
  const idiomorph = fileURLToPath(import.meta.resolve('idiomorph'));
  add('idiomorph.js', readFileSync(idiomorph, 'utf8'));
  const entry = assets.has('main.ts') ? 'main.ts' : 'main.js';
  return { script: `/assets/${entry}`, asset: (name) => assets.get(name) };
}

/** A browser knows no package names, and an import map would have to be inline. */
function toBrowserScript(source: string): string {
  return stripTypes(source).replaceAll("from 'idiomorph'", "from './idiomorph.js'");
}

/** Node warns once that stripping types is new; that is nothing for whoever starts the server. */
function stripTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
