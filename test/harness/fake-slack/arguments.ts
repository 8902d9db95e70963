/** Bodies of Web API calls (form or JSON) as arguments, and short readers of them. */
import type { IncomingMessage } from 'node:http';
import type { Json } from './state.ts';

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** JSON, or the text itself where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Clients send structures in forms as JSON text. */
const isStructure = (text: string): boolean => /^\s*[[{]/.test(text);
const TEXTS = new Set(['text', 'markdown_text', 'title', 'status']);

export interface CallArguments {
  readonly values: Json;
  /** Values of a form are all text; of JSON they have types. */
  readonly form: boolean;
}

export function readArguments(contentType: string, query: string, body: string): CallArguments {
  if (contentType.startsWith('application/json')) {
    const value = parsed(body === '' ? '{}' : body);
    return { values: isJson(value) ? value : {}, form: false };
  }
  const entries = [...new URLSearchParams(query), ...new URLSearchParams(body)].map(
    ([name, text]): [string, unknown] => [
      name,
      !TEXTS.has(name) && isStructure(text) ? parsed(text) : text,
    ],
  );
  return { values: Object.fromEntries(entries), form: true };
}

/** The text of an argument; a number is taken for its digits. */
export function textOf(args: Json, name: string): string | undefined {
  const value = args[name];
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

export function flag(args: Json, name: string): boolean {
  const value = args[name];
  return value === true || value === 'true' || value === '1' || value === 1;
}
