/** Slack says no: `{ok: false, error}` with whatever stands beside it. */
import type { Json } from './state.ts';

export class SlackRefusal extends Error {
  readonly code: string;
  readonly more: Json;

  constructor(code: string, more: Json = {}) {
    super(code);
    this.code = code;
    this.more = more;
  }
}
