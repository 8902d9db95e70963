/** Reading what an agent sent: every field may be missing or of another type than ACP says. */
import type { PromptId, RequestId } from '../model/ids.ts';

export type RawRecord = Readonly<Record<string, unknown>>;

export function record(value: unknown): RawRecord | undefined {
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is RawRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function list(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function records(value: unknown): readonly RawRecord[] {
  return (list(value) ?? []).flatMap((item) => (isRecord(item) ? [item] : []));
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Ids in events are ours: the log took them from an id constructor. */
export function promptIdOf(id: string): PromptId {
  return id as PromptId;
}

export function requestIdOf(id: string): RequestId {
  return id as RequestId;
}
