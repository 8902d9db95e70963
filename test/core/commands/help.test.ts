import { describe, expect, it } from 'vitest';
import { closest } from '../../../src/core/commands/closest.ts';
import { GRAMMAR } from '../../../src/core/commands/grammar.ts';
import { helpText } from '../../../src/core/commands/help.ts';
import { ROLES, roleOf, type Verb } from '../../../src/core/model/verbs.ts';
import type { Role } from '../../../src/core/model/actor.ts';

const as = (role: Role | null) => ({
  mention: 'threadcast',
  may: (verb: Verb) => role !== null && ROLES.indexOf(roleOf(verb)) <= ROLES.indexOf(role),
});

describe('help', () => {
  it('lists what somebody who may run can do, and who may do the rest', () => {
    expect(helpText(as('run'))).toMatchInlineSnapshot(`
      "Write \`@threadcast\` and what you want done, or one of these commands:

      - \`help [verb]\` What you can do here.
      - \`status\` What the session does now, and what waits.
      - \`sessions\` The sessions of this thread.
      - \`stop\` Stop the running turn. What waits in the queue stays.
      - \`queue [clear | cancel N | move N M | pause | resume]\` Show the waiting prompts, or change their order.
      - \`steer <text>\` Stop the running turn and go on with this; \`!<text>\` does the same.
      - \`new [agent] <text>\` Start a new session in this thread.
      - \`agent [name]\` Choose the agent of this thread's next session.
      - \`model [id]\` Choose the model, from those that the agent offers.
      - \`mode [id]\` Choose the mode, from those that the agent offers.
      - \`retry [edited]\` Run the last prompt again; \`edited\`: with the text that came too late for its turn.
      - \`continue\` Go on where the last turn ended.
      - \`close\` End the session. A new message starts it again.
      - \`usage\` Tokens and cost, as far as the agent reports them.
      - \`mute\` Show no turns here until \`unmute\`; permission requests still appear.
      - \`unmute\` Show turns here again.
      - \`whoami\` Who you are to me, and what you may do.

      In a thread that has a session, \`/command\` at the start of a line works without the mention.
      Before the text you may put \`agent=… model=… mode=…\`.

      Others can do more:

      - \`approve\`, \`deny\`: approvers, usually the maintainers (role \`approve\`)
      - \`ok-to-run\`: maintainers (role \`maintain\`)"
    `);
  });

  it('shows a reader only what a reader may do', () => {
    expect(helpText(as('read'))).toMatchInlineSnapshot(`
      "Write \`@threadcast\` and one of these commands:

      - \`help [verb]\` What you can do here.
      - \`status\` What the session does now, and what waits.
      - \`sessions\` The sessions of this thread.
      - \`queue [clear | cancel N | move N M | pause | resume]\` Show the waiting prompts, or change their order.
      - \`usage\` Tokens and cost, as far as the agent reports them.
      - \`whoami\` Who you are to me, and what you may do.

      In a thread that has a session, \`/command\` at the start of a line works without the mention.

      Others can do more:

      - \`stop\`, \`steer\`, \`new\`, \`agent\`, \`model\`, \`mode\`, \`retry\`, \`continue\`, \`close\`, \`mute\`, \`unmute\`: people who may start work here, usually those with write access (role \`run\`)
      - \`approve\`, \`deny\`: approvers, usually the maintainers (role \`approve\`)
      - \`ok-to-run\`: maintainers (role \`maintain\`)"
    `);
  });

  it.each(['read', 'run', 'approve', 'maintain', null] as const)(
    'for %s names every available verb exactly once, and none that comes later',
    (role) => {
      const text = helpText(as(role));
      const named = [...text.matchAll(/(?:^- |, )`([a-z-]+)[ `]/gm)].map((found) => found[1]);
      const now = GRAMMAR.filter((row) => row.available === true).map((row) => row.verb);
      expect(named).toHaveLength(now.length);
      expect(new Set(named)).toEqual(new Set(now));
    },
  );

  it('says nothing of others to somebody who may do everything', () => {
    expect(helpText(as('maintain'))).not.toContain('Others');
  });

  it('explains one verb', () => {
    expect(helpText(as('run'), 'approve')).toMatchInlineSnapshot(`
      "\`approve <code>\` Allow what the agent asks permission for.
      \`/allow\` is the same.
      Example: \`@threadcast approve k7\`
      You may not do this here; these may: approvers, usually the maintainers (role \`approve\`)."
    `);
    expect(helpText(as('run'), 'status')).toMatchInlineSnapshot(`
      "\`status\` What the session does now, and what waits.
      Example: \`@threadcast status\`"
    `);
    expect(helpText(as('run'), 'link')).toMatchInlineSnapshot(`"\`link\` is not available yet."`);
  });
});

describe('the closest verb', () => {
  it('is the one with the fewest edits, a swap being one', () => {
    const words = ['status', 'stop', 'steer'];
    expect(closest('stauts', words, 1)).toBe('status');
    expect(closest('stp', words, 2)).toBe('stop');
    expect(closest('xyz', words, 2)).toBeUndefined();
    expect(closest('s'.repeat(1000), words, 2000)).toBeUndefined();
    expect(closest('', words, 3)).toBeUndefined();
  });
});
