/** What a session is doing, in the one word that badges show. */
import type { Prompt, Session } from '../core/model/session.ts';
import type { ThreadState } from './renderers/regions.ts';

const STATES: Readonly<Record<Session['state'], ThreadState>> = {
  new: 'starting',
  starting: 'starting',
  idle: 'ready',
  running: 'working',
  failed: 'failed',
  ending: 'closing',
  ended: 'closed',
};

export function stateOf(
  session: Session,
  now: { readonly isAsking: boolean; readonly running?: Prompt | null },
): ThreadState {
  if (now.running?.cancelRequested === true) return 'stopping';
  return now.isAsking ? 'waiting' : STATES[session.state];
}
