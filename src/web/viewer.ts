/** Who looks at the page: the one person who has the login link, and what they may do. */
import type { Context } from 'hono';
import type { Caller } from '../core/model/actor.ts';
import { ownPath } from './own-path.ts';
import type { Redeemed } from './login.ts';
import { renderLogin, renderReload } from './renderers/page.ts';
import { ownCommand } from '../core/model/own-command.ts';

/** Whoever can read the server's terminal may do everything here. */
export function operator(id: string): Caller {
  return {
    actor: { surface: 'web', id, name: 'the operator', kind: 'person' },
    roles: ['read', 'run', 'approve', 'maintain'],
  };
}

const NEW_LINK = `For a new one, run ${ownCommand('login')} where the server runs.`;

export const LOGIN_PROBLEMS: Readonly<Record<Redeemed, string | null>> = {
  ok: null,
  wrong: 'This is no login code. Copy the whole link that the server printed.',
  expired: `This link is too old, or from before the server was started. ${NEW_LINK}`,
  used: `This link was used already. ${NEW_LINK}`,
};

/** Marks the address that our own reload page leads to, so that it reloads only once. */
const RELOADED = 'again';

/** The answer to whoever shows no valid cookie. */
export function notLoggedIn(c: Context, script: string): Response {
  if (c.req.method !== 'GET' || c.req.header('accept')?.includes('html') !== true) {
    return c.json({ message: 'You are logged out. Reload the page to log in.' }, 401);
  }
  // A link on another site does not bring the strict cookie along; one from our own page does.
  const fromElsewhere = c.req.header('sec-fetch-site') === 'cross-site';
  if (fromElsewhere && c.req.query(RELOADED) === undefined) {
    return c.html(renderReload(script, `${c.req.path}?${RELOADED}`));
  }
  return c.html(renderLogin(script, { next: ownPath(c.req.path) }), 401);
}
