/** What every surface reads out of the raw tool call that a permission is asked for. */
import type { PermissionView } from '../model/transcript.ts';

/** Raw input as text, for a request that names no command and shows no diff. */
export function readable(input: unknown): readonly string[] {
  if (typeof input !== 'object' || input === null || Object.keys(input).length === 0) return [];
  return [JSON.stringify(input, null, 2)];
}

/** The working directory, where the agent names one. */
export function directoryOf({ asked }: PermissionView): string | undefined {
  const input = asked['rawInput'];
  if (typeof input !== 'object' || input === null) return undefined;
  const named = Object.entries(input).find(([key]) => /^(cwd|workdir|directory)$/i.test(key));
  return typeof named?.[1] === 'string' ? named[1] : undefined;
}
