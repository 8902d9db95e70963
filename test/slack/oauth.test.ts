/** Many workspaces: installation, tokens at rest, and their renewal. */
import { afterEach, describe, expect, it } from 'vitest';
import { createSeal } from '../../src/slack/oauth/seal.ts';
import { createTokens } from '../../src/slack/oauth/tokens.ts';
import { clientOptions } from '../../src/slack/client/calls.ts';
import { key, openSlack, type SlackBench } from './bench.ts';
import { holdTurnsOn, passOn } from './play.ts';

let bench: SlackBench;
afterEach(() => bench?.close());

const OAUTH = { clientId: '1.2', clientSecret: 'fake-client-secret' };
const ORGANISATION = 'E0FAKE';
const HOURS = 3_600_000;

async function openMany(teams: readonly string[] = [ORGANISATION]): Promise<SlackBench> {
  bench = await openSlack({
    fake: { rotation: true, enterpriseId: ORGANISATION },
    options: { botToken: undefined, oauth: { ...OAUTH, teams } },
  });
  return bench;
}

/** Walks through the installation as a browser does; `code` as Slack's redirect would carry it. */
async function install(more: { cookie?: string; denied?: boolean } = {}): Promise<Response> {
  const { slack, door } = bench;
  const begun = await fetch(`${door.url}/slack/install`, { redirect: 'manual' });
  const location = new URL(begun.headers.get('location') ?? '');
  const redirect = location.searchParams.get('redirect_uri') ?? '';
  const cookie = more.cookie ?? begun.headers.get('set-cookie')?.split(';')[0] ?? '';
  const query = new URLSearchParams({
    ...(more.denied === true
      ? { error: 'access_denied' }
      : { code: slack.tokens.agree(slack.teamId, redirect) }),
    state: location.searchParams.get('state') ?? '',
  });
  return fetch(`${redirect}?${query.toString()}`, { headers: { cookie } });
}

const tokensOf = (holder = 'other') =>
  createTokens({
    installations: bench.installations,
    leases: bench.stores.leases.holder(holder),
    clock: bench.clock,
    seal: createSeal(key(9)),
    oauth: OAUTH,
    client: clientOptions(bench.slack.apiUrl, bench.stores.logger),
    installUrl: `${bench.door.url}/slack/install`,
    logger: bench.stores.logger,
  });

describe('an installation', () => {
  it('is kept encrypted, and the app works there', async () => {
    await openMany();
    const answer = await install();
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringContaining('Installed'),
    ]);
    const [row] = bench.installations.rows.values();
    expect(row?.sealed).toMatch(/^1\.[\w-]{16}\.[\w-]+$/);
    expect(JSON.stringify([...bench.installations.rows])).not.toContain('xox');
    await bench.start('asker', 'hello');
    for (let at = 0; at < 20; at += 1) {
      await bench.clock.advance(50);
      await bench.quiet();
    }
    expect((await bench.shown())[0]).toContain('done');
  });

  it('that another browser brings back is refused', async () => {
    await openMany();
    const answer = await install({ cookie: 'threadcast_slack_state=1.2.3' });
    expect(answer.status).toBe(400);
    expect(bench.installations.rows.size).toBe(0);
  });

  it('that is cancelled on the page of Slack, or not granted, leaves nothing behind', async () => {
    await openMany();
    const denied = await install({ denied: true });
    expect([denied.status, await denied.text()]).toEqual([
      400,
      expect.stringContaining('Nothing was installed.'),
    ]);
    bench.slack.api.fault = ({ method }) =>
      method === 'oauth.v2.access' ? { kind: 'status', status: 503 } : undefined;
    const failed = await install();
    expect([failed.status, await failed.text()]).toEqual([
      502,
      expect.stringContaining('Please start it again.'),
    ]);
    expect(bench.installations.rows.size).toBe(0);
    bench.slack.api.fault = () => undefined;
    expect((await install()).status).toBe(200);
  });

  it('by a workspace that SLACK_TEAMS does not name is refused, and its token given back', async () => {
    await openMany(['T0OTHER', 'E0OTHER']);
    const { slack, installations, stores } = bench;
    const answer = await install();
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain(
      `works only for the workspaces that it names, and yours (${slack.teamId}) is not among them. Ask whoever runs it to add ${slack.teamId} to SLACK_TEAMS, then install the app again.`,
    );
    expect(installations.rows.size).toBe(0);
    expect(slack.count('auth.revoke', 'ok')).toBe(1);
    // Its people are not listened to.
    await bench.start('asker', 'hello');
    await passOn(bench, 2_000);
    expect([await bench.shown(), stores.agents.prompts]).toEqual([[], []]);
  });

  it('counts no longer when its workspace is not named any more, whatever is stored', async () => {
    const teams = [ORGANISATION];
    await openMany(teams);
    await install();
    teams[0] = 'T0OTHER';
    await bench.start('asker', 'hello');
    await passOn(bench, 2_000);
    expect([await bench.shown(), bench.stores.agents.prompts]).toEqual([[], []]);
  });

  it('is not kept while Slack does not say who the app is there', async () => {
    await openMany();
    bench.slack.api.fault = ({ method }) =>
      method === 'auth.test' ? { kind: 'status', status: 503 } : undefined;
    expect((await install()).status).toBe(502);
    expect(bench.installations.rows.size).toBe(0);
  });

  it('whose token has run out is renewed once, however many calls want it', async () => {
    await openMany();
    await install();
    await bench.clock.advance(13 * HOURS);
    const tokens = tokensOf();
    const grants = await Promise.all(
      Array.from({ length: 20 }, () => tokens.grant(bench.slack.teamId)),
    );
    expect(new Set(grants.map(({ botToken }) => botToken)).size).toBe(1);
    // Once for the installation, once for the renewal.
    expect(bench.slack.count('oauth.v2.access')).toBe(2);
  });

  it('whose renewal was lost in a crash serves to its end, and an admin is told how to mend it', async () => {
    await openMany();
    await install();
    const { slack, clock, stores, installations } = bench;
    await clock.advance(11.5 * HOURS);
    const before = await tokensOf('first')
      .grant(slack.teamId)
      .catch(() => undefined);
    // From here on as if that renewal had been the last thing that a process did.
    await clock.advance(11.5 * HOURS);
    const save = installations.save.bind(installations);
    let saves = 0;
    installations.save = (row) => ((saves += 1) === 2 ? new Promise(() => {}) : save(row));
    void tokensOf('dying').grant(slack.teamId);
    await clock.until(() => saves === 2);
    installations.save = save;
    stores.leases.kill('dying');
    const calls = slack.count('oauth.v2.access');
    const after = tokensOf('next');
    expect((await after.grant(slack.teamId)).botToken).toBe(before?.botToken);
    expect((await after.grant(slack.teamId)).botToken).toBe(before?.botToken);
    expect(slack.count('oauth.v2.access')).toBe(calls + 1);
    const mend = `Slack does not renew the token of workspace ${slack.teamId} (invalid_refresh_token), because an earlier renewal was cut off before it was stored. Install the app there again: ${bench.door.url}/slack/install`;
    expect(stores.lines.filter(({ message }) => message === mend)).toHaveLength(1);
    await clock.advance(HOURS);
    await expect(after.grant(slack.teamId)).rejects.toThrow(mend);
    await install();
    expect((await after.grant(slack.teamId)).botToken).not.toBe(before?.botToken);
  });

  it('whose renewal finds Slack away is renewed a little later', async () => {
    await openMany();
    await install();
    const { slack, clock } = bench;
    await clock.advance(11.5 * HOURS);
    slack.api.fault = ({ method }) =>
      method === 'oauth.v2.access' ? { kind: 'status', status: 503 } : undefined;
    const tokens = tokensOf();
    const old = await tokens.grant(slack.teamId);
    slack.api.fault = () => undefined;
    expect((await tokens.grant(slack.teamId)).botToken).toBe(old.botToken);
    await clock.advance(60_000);
    expect((await tokens.grant(slack.teamId)).botToken).not.toBe(old.botToken);
  });

  it('cannot be read with another key, or as another workspace', async () => {
    await openMany();
    await install();
    const { sealed = '' } = [...bench.installations.rows.values()][0] ?? {};
    const { teamId } = bench.slack;
    expect(createSeal(key(9)).open(teamId, sealed)).toContain('granted');
    expect(() => createSeal(key(8)).open(teamId, sealed)).toThrow(/cannot be read/);
    expect(() => createSeal(key(9)).open('T_OTHER', sealed)).toThrow(/cannot be read/);
    expect(() => createSeal(key(9)).open(teamId, `${sealed.slice(0, -3)}AAA`)).toThrow(
      /cannot be read/,
    );
  });

  it('is forgotten when the workspace removes the app, and what runs there is ended', async () => {
    await openMany();
    await install();
    const turns = holdTurnsOn(bench);
    await bench.start('asker', 'run for ever');
    await passOn(bench, 1_000);
    expect(turns).toHaveLength(1);
    const send = (event: Readonly<Record<string, unknown>>): void =>
      void bench.slack.events.send(bench.slack.teamId, event);
    send({ type: 'tokens_revoked', tokens: { oauth: [bench.ann.id], bot: [] } });
    await bench.quiet();
    expect(bench.installations.rows.size).toBe(1);
    send({ type: 'app_uninstalled' });
    await passOn(bench, 2_000);
    expect(bench.installations.rows.size).toBe(0);
    const { data } = await bench.stores.memory.sessions.sessions({}, null, 10);
    expect(data.map(({ state }) => state)).toEqual(['ended']);
    const calls = bench.slack.api.calls.length;
    await passOn(bench, 60_000, 5_000);
    expect(bench.slack.api.calls.length).toBe(calls);
    expect(bench.stores.agents.running()).toBe(0);
  });
});
