/** The recorded wires of real agents: `test/fixtures/acp-transcripts/<agent>[.<scenario>].ndjson`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const RECORDINGS_DIR = join(import.meta.dirname, '../fixtures/acp-transcripts');

export interface RecordedLine {
  /** Who said it: the client to the agent, or the agent to the client. */
  readonly dir: 'c2a' | 'a2c';
  readonly msg: {
    readonly id?: unknown;
    readonly method?: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly result?: Readonly<Record<string, unknown>>;
    readonly error?: unknown;
  };
}

export function recordingNames(): readonly string[] {
  return readdirSync(RECORDINGS_DIR)
    .filter((name) => name.endsWith('.ndjson'))
    .toSorted();
}

/** The lines of a recording, one list for each agent process in it. */
export function recordedProcesses(path: string): readonly (readonly RecordedLine[])[] {
  const processes: RecordedLine[][] = [[]];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    const entry = JSON.parse(line) as RecordedLine | { readonly dir: 'note' };
    if (entry.dir === 'note') processes.push([]);
    else processes.at(-1)?.push(entry);
  }
  return processes;
}
