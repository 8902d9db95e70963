/**
 * The page's own files: style sheet, scripts, icon. Each is read once, when it is first asked for:
 * scripts are TypeScript in the source tree, and what strips their types takes 15 MiB, which a
 * server that only talks to chat platforms need not spend. The built package has plain JavaScript.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

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
  const files = new Map<string, URL>();
  for (const name of readdirSync(directory)) {
    if (typeOf(name) === undefined || name.endsWith('.d.ts')) continue;
    files.set(name, new URL(name, directory));
  }
  files.set('idiomorph.js', new URL(import.meta.resolve('idiomorph')));
  const read = new Map<string, Asset>();
  return {
    script: `/assets/${files.has('main.ts') ? 'main.ts' : 'main.js'}`,
    asset(name) {
      const file = files.get(name);
      if (file === undefined) return undefined;
      const known = read.get(name);
      if (known !== undefined) return known;
      const fresh = readAsset(name, file);
      read.set(name, fresh);
      return fresh;
    },
  };
}

function typeOf(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)];
}

function readAsset(name: string, file: URL): Asset {
  const source = readFileSync(file, 'utf8');
  const isOurScript = /\.[tj]s$/.test(name) && name !== 'idiomorph.js';
  const body = isOurScript ? toBrowserScript(source) : source;
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, type: typeOf(name) ?? 'application/octet-stream', etag };
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
