/**
 * Sessions of the example agent on disk: `<HOME>/.example-agent/<sessionId>.ndjson`, one session
 * update a line, so that load can repeat them in a new process.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionUpdate } from '@agentclientprotocol/sdk';

export interface History {
  /** Makes the session known, with nothing in it yet. */
  create(sessionId: string): Promise<void>;
  /** Text chunks in a row are kept as one. */
  append(sessionId: string, updates: readonly SessionUpdate[]): Promise<void>;
  /** undefined: no such session. */
  read(sessionId: string): Promise<readonly SessionUpdate[] | undefined>;
}

export function createHistory(home: string): History {
  const directory = join(home, '.example-agent');
  const fileOf = (sessionId: string): string | undefined =>
    /^[a-z0-9-]+$/.test(sessionId) ? join(directory, `${sessionId}.ndjson`) : undefined;
  const add = async (sessionId: string, text: string): Promise<void> => {
    const file = fileOf(sessionId);
    if (file === undefined) return;
    await mkdir(directory, { recursive: true });
    await appendFile(file, text);
  };
  return {
    create: (sessionId) => add(sessionId, ''),
    append: (sessionId, updates) =>
      add(
        sessionId,
        merged(updates)
          .map((update) => `${JSON.stringify(update)}\n`)
          .join(''),
      ),
    async read(sessionId) {
      const file = fileOf(sessionId);
      const text = file && (await readFile(file, 'utf8').catch(() => undefined));
      if (text === undefined) return undefined;
      return text.split('\n').flatMap((line) => {
        const update = parsed(line);
        return update === undefined ? [] : [update];
      });
    },
  };
}

/** A line that a crash has cut off is left out. */
function parsed(line: string): SessionUpdate | undefined {
  try {
    return JSON.parse(line) as SessionUpdate;
  } catch {
    return undefined;
  }
}

function merged(updates: readonly SessionUpdate[]): readonly SessionUpdate[] {
  const out: SessionUpdate[] = [];
  for (const update of updates) {
    const last = out.at(-1);
    if (
      (update.sessionUpdate === 'agent_message_chunk' ||
        update.sessionUpdate === 'agent_thought_chunk') &&
      last?.sessionUpdate === update.sessionUpdate &&
      last.content.type === 'text' &&
      update.content.type === 'text'
    ) {
      const text = last.content.text + update.content.text;
      out[out.length - 1] = { ...last, content: { type: 'text', text } };
    } else out.push(update);
  }
  return out;
}
