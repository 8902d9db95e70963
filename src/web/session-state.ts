/** What a session is doing, in the one word that badges show. */
import type { Session } from '../core/model/session.ts';
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

export const stateOf = ({ state }: Session, isAsking: boolean): ThreadState =>
  isAsking ? 'waiting' : STATES[state];
