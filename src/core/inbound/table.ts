/** One handler per verb. A verb of the grammar without a row here does not compile. */
import type { ChatVerb, Handler } from './context.ts';
import { agent } from './handlers/agent.ts';
import { approve } from './handlers/approve.ts';
import { close } from './handlers/close.ts';
import { continueTurn } from './handlers/continue.ts';
import { deny } from './handlers/deny.ts';
import { help } from './handlers/help.ts';
import { mode } from './handlers/mode.ts';
import { model } from './handlers/model.ts';
import { mute, unmute } from './handlers/mute.ts';
import { newSession } from './handlers/new.ts';
import { okToRun } from './handlers/ok-to-run.ts';
import { queue } from './handlers/queue.ts';
import { retry } from './handlers/retry.ts';
import { sessions } from './handlers/sessions.ts';
import { status } from './handlers/status.ts';
import { steer } from './handlers/steer.ts';
import { stop } from './handlers/stop.ts';
import { usage } from './handlers/usage.ts';
import { whoami } from './handlers/whoami.ts';

export const HANDLERS: Readonly<Record<ChatVerb, Handler>> = {
  agent,
  approve,
  close,
  continue: continueTurn,
  deny,
  help,
  mode,
  model,
  mute,
  new: newSession,
  'ok-to-run': okToRun,
  queue,
  retry,
  sessions,
  status,
  steer,
  stop,
  unmute,
  usage,
  whoami,
};
