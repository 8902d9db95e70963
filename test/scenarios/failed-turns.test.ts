/** What GitHub and Slack say of a turn that did not end well: why, and how to go on. */
import { expect, it } from 'vitest';
import type { SessionId } from '../../src/core/model/ids.ts';
import { createFolder } from '../../src/core/transcript/fold.ts';
import { renderTurn as onGitHub } from '../../src/github/renderers/turn.ts';
import { renderTurn as inSlack } from '../../src/slack/renderers/turn.ts';
import { ended, queued, says, started } from '../web/play.ts';

function played(...events: readonly ReturnType<typeof ended>[]) {
  const folder = createFolder();
  [queued('p_1', 'go'), started('p_1'), ...events].forEach((event, index) =>
    folder.push({ ...event, sessionId: 's_1', seq: index + 1, at: 1 }),
  );
  const transcript = folder.view();
  const [turn] = transcript.turns.values();
  if (turn === undefined) throw new Error('nothing was played');
  const view = { kind: 'turn', sessionId: 's_1' as SessionId, turn, transcript } as const;
  return [onGitHub(view, 2, undefined).join('\n'), inSlack(view, 2, undefined)[0].text];
}

it.each(['failed', 'interrupted', 'cancelled'])(
  'a turn that ended as %s can be run again, and says how',
  (stopReason) => {
    const [github, slack] = played(ended('p_1', stopReason, 'The disk is full.'));
    expect(github).toContain('The disk is full.');
    expect(github).toContain('`/retry` runs it again.');
    expect(slack).toContain('The disk is full.');
    expect(slack).toContain('Mention me with `retry` to run it again.');
  },
);

it('one that is done, or goes on, offers nothing', () => {
  for (const texts of [played(says('p_1', 'Done.'), ended('p_1')), played()]) {
    expect(texts.join('\n')).not.toContain('retry');
  }
});
