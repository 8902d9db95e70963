/**
 * An answer that may take days. Blanks are sent while it is worked out, so that no proxy takes the
 * connection for dead; a JSON parser skips them. The status is 200 by then, so an error at the end
 * is told in the body.
 */
import type { HttpContext } from './deps.ts';
import { sayError } from './errors.ts';

const BLANK_EVERY_MS = 15_000;

/** Headers of such an answer. */
export const KEPT_ALIVE = { 'Content-Type': 'application/json', 'X-Accel-Buffering': 'no' };

/** `work` is aborted when the client goes away or the server closes. */
export function keptAlive(
  http: HttpContext,
  requestId: string,
  work: (signal: AbortSignal) => Promise<unknown>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, http.closed]);
  let forgetTimer: () => void = () => undefined;

  return new ReadableStream<Uint8Array>({
    start(controller) {
      const blank = (): void => {
        controller.enqueue(encoder.encode(' '));
        forgetTimer = http.clock.after(BLANK_EVERY_MS, blank);
      };
      forgetTimer = http.clock.after(BLANK_EVERY_MS, blank);
      void work(signal)
        .catch((error: unknown) => {
          if (gone.signal.aborted) return undefined;
          if (!http.closed.aborted) return sayError(error, requestId, http).body;
          const sentence =
            'The server is shutting down; the prompt is stored. Send the same request again.';
          return { error: sentence, code: 'server_busy', requestId };
        })
        .then((result) => {
          forgetTimer();
          if (gone.signal.aborted) return;
          controller.enqueue(encoder.encode(JSON.stringify(result)));
          controller.close();
        });
    },
    cancel() {
      forgetTimer();
      gone.abort();
    },
  });
}
