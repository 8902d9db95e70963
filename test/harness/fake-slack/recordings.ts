/**
 * Payloads that real workspaces sent (`../shared/corpus/slack-replay`), where they lie beside the
 * work tree: to be posted to the app as they are, and to hold the fake's own payloads against.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isJson } from './arguments.ts';
import type { DeliveryKind } from './delivery.ts';
import type { Json } from './state.ts';

const FOLDER = new URL('../../../../shared/corpus/slack-replay/', import.meta.url);
const INTERACTIVE = new Set(['block_actions', 'view_submission', 'view_closed', 'message_action']);

export interface Recording {
  /** File and place in it. */
  readonly name: string;
  readonly kind: DeliveryKind;
  readonly payload: Json;
}

/** Empty where the recordings are not there. */
export function slackRecordings(): readonly Recording[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file) => payloadsIn(file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))));
}

function payloadsIn(name: string, value: unknown): readonly Recording[] {
  if (Array.isArray(value)) return value.flatMap((each, at) => payloadsIn(`${name}/${at}`, each));
  if (!isJson(value)) return [];
  const kind = kindOf(value);
  if (kind !== undefined) return [{ name, kind, payload: value }];
  return Object.entries(value).flatMap(([key, each]) => payloadsIn(`${name}/${key}`, each));
}

function kindOf({ type, command }: Json): DeliveryKind | undefined {
  if (type === 'event_callback') return 'event';
  if (typeof type === 'string' && INTERACTIVE.has(type)) return 'interactive';
  return typeof command === 'string' ? 'command' : undefined;
}

/** What a payload is about: `message`, `message message_changed`, `block_actions`, `command`. */
export function aboutOf(kind: DeliveryKind, payload: Json): string {
  if (kind === 'command') return 'command';
  const { type, subtype } = isJson(payload.event) ? payload.event : payload;
  return [type, subtype].flatMap((each) => (typeof each === 'string' ? [each] : [])).join(' ');
}

/** Names of fields, those of the event with `event.` before them. */
export function fieldsOf({ event, ...payload }: Json): ReadonlySet<string> {
  const inside = isJson(event) ? Object.keys(event).map((name) => `event.${name}`) : [];
  return new Set([...Object.keys(payload), ...inside]);
}
