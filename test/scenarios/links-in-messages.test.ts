/** Messages on GitHub and Slack lead to our own pages, and to nowhere without an address for them. */
import { expect, it } from 'vitest';
import type { SessionId } from '../../src/core/model/ids.ts';
import type { ResolvedView } from '../../src/core/ports/surface.ts';
import { createFolder } from '../../src/core/transcript/fold.ts';
import { render as renderGitHub } from '../../src/github/renderers/render.ts';
import { renderPermission } from '../../src/slack/renderers/permission.ts';
import { renderTurn } from '../../src/slack/renderers/turn.ts';
import { asks, ended, queued, says, started } from '../web/play.ts';

const links = {
  sessionUrl: () => 'https://t.test/session',
  approvalUrl: () => 'https://t.test/ask',
};
const mint = (): string => 'token';

function played(command: string, answer = 'Done.') {
  const folder = createFolder();
  const call = { toolCallId: 'c1', title: command, kind: 'execute', rawInput: { command } };
  const events = [queued('p_1', 'go'), started('p_1'), asks('p_1', 'r_1', call, 1_000_000)];
  [...events, says('p_1', answer), ended('p_1')].forEach((event, index) =>
    folder.push({ ...event, sessionId: 's_1', seq: index + 1, at: 1 }),
  );
  const transcript = folder.view();
  const common = { sessionId: 's_1' as SessionId, transcript };
  const [turn] = transcript.turns.values();
  const [permission] = transcript.permissions.values();
  if (turn === undefined || permission === undefined) throw new Error('nothing was played');
  return {
    turn: { kind: 'turn', turn, ...common } as const,
    asked: { kind: 'permission', permission: { ...permission, outcome: null }, ...common } as const,
  };
}

const onGitHub = (view: ResolvedView, given?: typeof links): string =>
  [renderGitHub(view, 0, null, { mint, card: () => '', links: given })].flat().join('\n');

const long = Array.from({ length: 4_000 }, (_, line) => `echo ${line}`).join('\n');

it('the header of a turn leads to the page of its session', () => {
  const { turn } = played('ls');
  expect(onGitHub(turn, links).split('\n')[0]).toContain('[session page](https://t.test/session)');
  const [head] = renderTurn(turn, 1, links.sessionUrl());
  expect(JSON.stringify(head.blocks[0])).toContain('<https://t.test/session|session page>');
});

it('a permission request leads to its page, and must be read there when it is too long', () => {
  const [short, tall] = [played('ls').asked, played(long).asked];
  expect(onGitHub(short, links)).toContain('or [answer on its page](https://t.test/ask)');
  expect(onGitHub(tall, links)).toContain('[read all of it](https://t.test/ask)');
  const slack = (view: typeof short): string =>
    JSON.stringify(renderPermission(view, mint, links.approvalUrl()).blocks);
  expect(slack(short)).toContain('<https://t.test/ask|answer on its page>');
  expect(slack(tall)).toContain('<https://t.test/ask|Read all of it>, and answer there.');
});

it('there is no link where people could not reach the page', () => {
  const { turn, asked } = played(long, 'Words. '.repeat(60_000));
  for (const view of [turn, asked]) expect(onGitHub(view)).not.toMatch(/\]\(|undefined/);
  const bodies = [...renderTurn(turn, 1, undefined), renderPermission(asked, mint)];
  expect(JSON.stringify(bodies)).not.toMatch(/<http|undefined/);
});
