import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';

const PEM = '-----BEGIN RSA PRIVATE KEY-----\\nabc\\n-----END RSA PRIVATE KEY-----';
const github = { APP_ID: '12', PRIVATE_KEY: PEM, WEBHOOK_SECRET: 'long enough' };

function config(variables: Record<string, string>) {
  const result = parseConfig(variables, '/');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

function problems(variables: Record<string, string>): readonly string[] {
  const result = parseConfig(variables, '/');
  return result.ok ? [] : result.problems.map(({ message }) => message);
}

describe('GitHub', () => {
  it('is not configured unless something of it is set', () => {
    expect(config({}).github).toBeUndefined();
  });

  it('takes a key whose line breaks are written out', () => {
    expect(config(github).github).toEqual({
      appId: 12,
      privateKey: { pem: PEM.replaceAll('\\n', '\n') },
      webhookSecret: 'long enough',
      host: undefined,
      protocol: 'https',
      aliases: ['threadcast'],
      labels: [],
      bots: [],
      untaggedReplies: false,
    });
  });

  it('takes names, labels and Apps, and says which list is wrong', () => {
    const more = {
      ...github,
      GITHUB_ALIASES: '@helper, bot',
      GITHUB_LABELS: 'agent, good first: try',
      GITHUB_BOTS: '29110 15368',
      GITHUB_UNTAGGED_REPLIES: 'true',
    };
    expect(config(more).github).toMatchObject({
      aliases: ['@helper', 'bot'],
      labels: ['agent', 'good first: try'],
      bots: [29110, 15368],
      untaggedReplies: true,
    });
    const wrong = {
      ...github,
      GITHUB_ALIASES: 'two words',
      GITHUB_BOTS: 'dependabot[bot]',
      GITHUB_UNTAGGED_REPLIES: 'maybe',
    };
    expect(problems(wrong)).toEqual([
      'GITHUB_ALIASES must be names such as helper,bot, not "two words".',
      'GITHUB_BOTS must be numbers such as 29110,15368, not "dependabot[bot]".',
      'GITHUB_UNTAGGED_REPLIES must be true or false, not "maybe".',
    ]);
  });

  it('takes a key file and an own server', () => {
    const { PRIVATE_KEY: _, ...rest } = github;
    const own = { ...rest, PRIVATE_KEY_PATH: 'app.pem', GHE_HOST: 'git.example.org:8443' };
    expect(config(own).github).toMatchObject({
      privateKey: { file: 'app.pem' },
      host: 'git.example.org:8443',
    });
  });

  it('does not start by halves, and names all that is missing', () => {
    expect(problems({ APP_ID: '12' })).toEqual([
      'PRIVATE_KEY or PRIVATE_KEY_PATH must be set too, because APP_ID is.',
      'WEBHOOK_SECRET must be set too, because APP_ID is.',
    ]);
    expect(problems({ WEBHOOK_SECRET: 'long enough' })).toContain(
      'APP_ID must be set too, because WEBHOOK_SECRET is.',
    );
  });

  it('never repeats a secret in what it says', () => {
    const said = problems({ ...github, WEBHOOK_SECRET: 'short', PRIVATE_KEY: 'hunter2' }).join();
    expect(said).toContain('WEBHOOK_SECRET is too short to be a secret.');
    expect(said).not.toContain('hunter2');
    expect(said).not.toContain('"short"');
  });
});

describe('Slack', () => {
  it('is one workspace over Socket Mode, or over HTTP', () => {
    expect(config({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }).slack).toMatchObject({
      botToken: 'xoxb-1',
      appToken: 'xapp-1',
      oauth: undefined,
    });
    const http = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'long enough' };
    expect(config(http).slack).toMatchObject({ appToken: undefined, signingSecret: 'long enough' });
  });

  it('is many workspaces with a client', () => {
    const many = {
      SLACK_SIGNING_SECRET: 'long enough',
      SLACK_CLIENT_ID: '1.2',
      SLACK_CLIENT_SECRET: 'long enough too',
      SLACK_TEAMS: 'T0123, E0456',
    };
    expect(config(many).slack?.oauth).toEqual({
      clientId: '1.2',
      clientSecret: 'long enough too',
      teams: ['T0123', 'E0456'],
    });
    // Or whoever knows the address could install it, and have their work done here.
    expect(problems({ ...many, SLACK_TEAMS: '' })).toEqual([
      'SLACK_TEAMS must be set too, because SLACK_CLIENT_ID is.',
    ]);
  });

  const one = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };

  it('is open to the members of a workspace, and to nobody else, unless told otherwise', () => {
    expect(config(one).slack).toMatchObject({
      requesterMayApprove: true,
      untaggedReplies: true,
      access: {
        channels: [],
        approvers: [],
        approverGroups: [],
        maintainers: [],
        guests: false,
        bots: [],
      },
    });
    const strict = {
      ...one,
      SLACK_CHANNELS: 'C0123, G0456',
      SLACK_APPROVERS: 'U111,S222,W333',
      SLACK_MAINTAINERS: 'U444',
      SLACK_REQUESTER_MAY_APPROVE: 'false',
      SLACK_BOTS: 'A555',
      SLACK_UNTAGGED_REPLIES: 'false',
      SLACK_GUESTS: 'true',
    };
    expect(config(strict).slack).toMatchObject({
      requesterMayApprove: false,
      untaggedReplies: false,
      access: {
        channels: ['C0123', 'G0456'],
        approvers: ['U111', 'W333'],
        approverGroups: ['S222'],
        maintainers: ['U444'],
        guests: true,
        bots: ['A555'],
      },
    });
  });

  it('takes ids and no names, and somebody must be able to approve', () => {
    expect(problems({ ...one, SLACK_CHANNELS: '#general', SLACK_GUESTS: 'yes' })).toEqual([
      'SLACK_CHANNELS must be ids such as C0123ABCD,C0456EFGH, not "#general".',
      'SLACK_GUESTS must be true or false, not "yes".',
    ]);
    expect(problems({ ...one, SLACK_REQUESTER_MAY_APPROVE: 'false' })).toEqual([
      'SLACK_APPROVERS must be set too, because SLACK_REQUESTER_MAY_APPROVE=false is.',
    ]);
  });

  it('does not start by halves', () => {
    expect(problems({ SLACK_BOT_TOKEN: 'xoxb-1' })).toEqual([
      'SLACK_SIGNING_SECRET or SLACK_APP_TOKEN must be set too, because SLACK_BOT_TOKEN is.',
    ]);
    expect(problems({ SLACK_APP_TOKEN: 'xapp-1', SLACK_CLIENT_ID: '1' })).toEqual([
      'SLACK_CLIENT_SECRET must be set too, because SLACK_CLIENT_ID is.',
      'SLACK_TEAMS must be set too, because SLACK_CLIENT_ID is.',
    ]);
    expect(problems({ SLACK_BOT_TOKEN: 'wrong', SLACK_APP_TOKEN: 'xapp-1' })).toEqual([
      'SLACK_BOT_TOKEN must begin with xoxb-.',
    ]);
  });
});
