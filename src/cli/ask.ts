/** A question at the terminal whose answer is not shown: for secrets. */
import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { Writable } from 'node:stream';

/**
 * The trimmed answer, or undefined: no terminal is there to ask at, or the person left it (Ctrl+C,
 * Ctrl+D).
 */
export function askHidden(
  question: string,
  { stdin, stdout }: { readonly stdin: ReadStream; readonly stdout: WriteStream } = process,
): Promise<string | undefined> {
  if (!stdin.isTTY || !stdout.isTTY) return Promise.resolve(undefined);
  // Readline echoes what is typed; this swallows it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  stdout.write(`${question} `);
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line.trim());
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      stdout.write('\n');
      resolve(undefined);
    });
  });
}
