/**
 * What an agent says on stdout that is no ACP message. Shown to whoever debugs, but bounded: an
 * agent that prints rubbish for ever must not fill the log.
 */
type Log = (level: 'info' | 'warn', message: string) => void;

const MOST_LINES = 100;
const SHOWN_CHARACTERS = 200;

export interface NoiseLog {
  line(what: string, text: string): void;
  tooLong(bytes: number): void;
}

export function createNoiseLog(log: Log): NoiseLog {
  let lines = 0;
  const bounded = (level: 'info' | 'warn', message: () => string): void => {
    lines += 1;
    if (lines <= MOST_LINES) log(level, message());
    else if (lines === MOST_LINES + 1) {
      log('warn', 'The agent prints too much that is no message; the rest is not logged.');
    }
  };
  return {
    line: (what, text) => bounded('info', () => `The agent ${what}: ${shown(text)}`),
    tooLong: (bytes) =>
      bounded(
        'warn',
        () => `A message of the agent was skipped: ${bytes} bytes are more than the 32 MiB of ACP.`,
      ),
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shown(text: string): string {
  return text.length > SHOWN_CHARACTERS
    ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`
    : text;
}
