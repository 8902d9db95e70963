/**
 * The log: JSON lines, or readable ones on a terminal. Written synchronously, so that the last line
 * before a crash is there; every line passes the redactor.
 */
import { pino } from 'pino';
import type { DestinationStream, Level } from 'pino';
import { createRedactor } from '../core/access/redact.ts';
import type { Redact } from '../core/access/redact.ts';
import type { Logger } from '../core/ports/logger.ts';

/** `child` adds its fields (requestId, sessionId) to each of its lines. */
export interface AppLogger extends Logger {
  child(fields: Readonly<Record<string, string>>): AppLogger;
}

export interface LoggerOptions {
  readonly level: Level | 'silent';
  /** Readable lines in colour instead of JSON. */
  readonly pretty: boolean;
  /** File descriptor to write to; default 2, so that stdout stays for people and pipes. */
  readonly fd?: number;
  /** What each line passes; default: one that knows no secrets but the forms of tokens. */
  readonly redact?: Redact;
}

export async function createLogger(options: LoggerOptions): Promise<AppLogger> {
  const fd = options.fd ?? 2;
  const redact = options.redact ?? createRedactor();
  const logger: AppLogger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      hooks: { streamWrite: redact },
    },
    options.pretty ? await prettyStream(fd) : pino.destination({ dest: fd, sync: true }),
  );
  return logger;
}

/**
 * pino-pretty as a plain stream: no worker thread, and the log is in order with what we print.
 * Loaded only here: it costs 14 ms at start, which a server with JSON logs need not pay.
 */
async function prettyStream(fd: number): Promise<DestinationStream> {
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({
    destination: fd,
    sync: true,
    colorize: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
  });
}
