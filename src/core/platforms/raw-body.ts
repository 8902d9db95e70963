/**
 * Bodies of requests, read before anybody knows who sends them. Invariant: one stays below `each`,
 * all that are being read below `all`, and none takes longer than `withinMs`; what is too much is
 * not read on.
 */
import type { Clock } from '../ports/clock.ts';

export interface BodyLimits {
  /** Bytes of one body, and of all that are being read at the same time. */
  readonly each: number;
  readonly all: number;
  readonly withinMs: number;
}

export type RawBody =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly status: 400 | 408 | 413 | 503; readonly reason: string };

const TOO_LARGE = { ok: false, status: 413, reason: 'The body is too large.' } as const;
const LATE = { ok: false, status: 408, reason: 'The body took too long.' } as const;
const CUT_OFF = { ok: false, status: 400, reason: 'The body is cut off.' } as const;
const BUSY = { ok: false, status: 503, reason: 'Too much at once. Send it again.' } as const;

/** Reads bodies one by one of the same limits. Never rejects. */
export function createBodyReader(
  { each, all, withinMs }: BodyLimits,
  clock: Clock,
): (request: Request) => Promise<RawBody> {
  let held = 0;
  return async (request) => {
    if (Number(request.headers.get('content-length') ?? 0) > each) return TOO_LARGE;
    if (request.body === null) return { ok: true, bytes: Buffer.alloc(0) };
    const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
    const chunks: Uint8Array[] = [];
    let size = 0;
    let isLate = false;
    const stop = (): void => void reader.cancel().catch(() => undefined);
    const cancelTimer = clock.after(withinMs, () => {
      isLate = true;
      stop();
    });
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (isLate) return LATE;
        if (done) return { ok: true, bytes: Buffer.concat(chunks) };
        size += value.byteLength;
        held += value.byteLength;
        if (size > each || held > all) {
          stop();
          return size > each ? TOO_LARGE : BUSY;
        }
        chunks.push(value);
      }
    } catch {
      // Whoever sent it has gone: nobody reads the answer.
      return CUT_OFF;
    } finally {
      cancelTimer();
      held -= size;
    }
  };
}
