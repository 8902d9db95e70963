/** Calls to a surface, bounded: a surface that hangs or throws costs one deadline and no more. */
import type { Clock } from '../ports/clock.ts';
import type { SendResult } from '../ports/surface.ts';

const unknown = (message: string): SendResult<never> => ({
  ok: false,
  failure: { kind: 'unknown', message },
});

/**
 * Always resolves: by the call, or as `unknown` when it threw, took `ms`, or `stop` was aborted.
 * The call's own signal is aborted then, but nobody waits for it to obey.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  stop: AbortSignal,
  call: (signal: AbortSignal) => Promise<SendResult<T>>,
): Promise<SendResult<T>> {
  const own = new AbortController();
  let giveUp: (reason: string) => void = () => {};
  const given = new Promise<SendResult<T>>((resolve) => {
    giveUp = (reason) => {
      resolve(unknown(reason));
      own.abort(new Error(reason));
    };
  });
  const onStop = (): void => giveUp('the server is stopping');
  const cancel = clock.after(ms, () => giveUp(`no answer within ${Math.round(ms / 1000)} s`));
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  const called = async (): Promise<SendResult<T>> => {
    try {
      return await call(own.signal);
    } catch (error) {
      return unknown(error instanceof Error ? error.message : String(error));
    }
  };
  try {
    return await Promise.race([given, called()]);
  } finally {
    cancel();
    stop.removeEventListener('abort', onStop);
  }
}
