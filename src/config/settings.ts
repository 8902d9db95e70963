/**
 * The one table of settings. The parser, the README's configuration table and `threadcast --help`
 * are all made from it, so none of them can say something else.
 */
import { z } from 'zod';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Text -> port; 0 lets the system choose a free one. */
const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a whole number from 0 to 65535');

const host = z
  .string()
  .regex(/^[A-Za-z0-9._:%-]+$/, 'must be a host name or an IP address, without scheme and port');

const databaseUrl = z
  .string()
  .regex(
    /^(postgres|postgresql|pglite):\/\/.+/,
    'must begin with postgres:// or pglite:// (leave it out for the built-in SQLite file)',
  )
  .optional();

const PUBLIC_URL_FORM =
  'must be an http:// or https:// address without query, such as https://threadcast.example.org';

/** Kept without a trailing slash. */
const publicUrl = z
  .string()
  .refine(isPlainWebAddress, PUBLIC_URL_FORM)
  .transform((value) => value.replace(/\/+$/, ''))
  .optional();

const appId = z
  .string()
  .regex(/^\d{1,15}$/, "must be the App's number")
  .transform(Number)
  .optional();

const secret = z.string().min(8, 'is too short to be a secret').optional();

function tokenOf(prefix: string) {
  return z.string().startsWith(prefix, `must begin with ${prefix}`).optional();
}

/** Ids separated by commas or blanks; `kinds`: the letters that they may begin with. */
function idList(kinds: string, example: string) {
  const one = new RegExp(`^[${kinds}][A-Z0-9]{2,}$`);
  return z
    .string()
    .transform((value) => value.split(/[\s,]+/).filter((id) => id !== ''))
    .refine((ids) => ids.every((id) => one.test(id)), `must be ids such as ${example}`)
    .optional();
}

const turns = z
  .string()
  .regex(/^\d{1,6}$/, 'must be a whole number of turns')
  .transform(Number);

/** Separated by commas; blanks may be part of one. */
function namesOf(one: RegExp, rule: string) {
  return z
    .string()
    .transform((value) => value.split(',').map((name) => name.trim()))
    .transform((names) => names.filter((name) => name !== ''))
    .refine((names) => names.every((name) => one.test(name)), rule)
    .optional();
}

const numbers = z
  .string()
  .transform((value) => value.split(/[\s,]+/).filter((id) => id !== ''))
  .refine((ids) => ids.every((id) => /^\d{1,15}$/.test(id)), 'must be numbers such as 29110,15368')
  .transform((ids) => ids.map(Number))
  .optional();

const yesOrNo = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((value) => value === 'true');

function isPlainWebAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  return web && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
}

/** Shape of the environment, by variable. */
export const environmentSchema = z.object({
  PORT: port,
  HOST: host,
  THREADCAST_DATA_DIR: z.string(),
  DATABASE_URL: databaseUrl,
  PUBLIC_URL: publicUrl,
  THREADCAST_BOT_TURNS: turns,
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`),
  APP_ID: appId,
  PRIVATE_KEY: z
    .string()
    .includes('PRIVATE KEY', { error: 'must be a key in PEM form' })
    .optional(),
  PRIVATE_KEY_PATH: z.string().optional(),
  WEBHOOK_SECRET: secret,
  GHE_HOST: host.optional(),
  GHE_PROTOCOL: z.enum(['https', 'http'], 'must be https or http'),
  GITHUB_ALIASES: namesOf(/^@?[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, 'must be names such as helper,bot'),
  GITHUB_LABELS: namesOf(/^[^\n]{1,50}$/, 'must be names of labels, separated by commas'),
  GITHUB_BOTS: numbers,
  GITHUB_UNTAGGED_REPLIES: yesOrNo,
  SLACK_BOT_TOKEN: tokenOf('xoxb-'),
  SLACK_APP_TOKEN: tokenOf('xapp-'),
  SLACK_SIGNING_SECRET: secret,
  SLACK_CLIENT_ID: z.string().optional(),
  SLACK_CLIENT_SECRET: secret,
  SLACK_TEAMS: idList('TE', 'T0123ABCD,E0456EFGH'),
  SLACK_API_URL: publicUrl,
  SLACK_CHANNELS: idList('CG', 'C0123ABCD,C0456EFGH'),
  SLACK_APPROVERS: idList('UWS', 'U0123ABCD,S0456EFGH'),
  SLACK_MAINTAINERS: idList('UW', 'U0123ABCD'),
  SLACK_REQUESTER_MAY_APPROVE: yesOrNo,
  SLACK_GUESTS: yesOrNo,
  SLACK_BOTS: idList('A', 'A0123ABCD'),
  SLACK_UNTAGGED_REPLIES: yesOrNo,
});

type SettingName = keyof typeof environmentSchema.shape;

export interface Setting {
  readonly name: SettingName;
  /** As a person would write it; undefined: no value unless one is set. */
  readonly default: string | undefined;
  /** What the absence of a value means, when there is no default. */
  readonly unset?: string;
  readonly doc: string;
}

/** In the order in which people are told of them. */
export const settings: readonly Setting[] = [
  { name: 'PORT', default: '3000', doc: 'TCP port to listen on; 0 takes a free one.' },
  {
    name: 'HOST',
    default: '127.0.0.1',
    doc: 'Address to listen on. Set 0.0.0.0 only behind a TLS proxy.',
  },
  {
    name: 'THREADCAST_DATA_DIR',
    default: '.threadcast',
    doc: 'Directory of the database, the secrets and the workspaces of agents.',
  },
  {
    name: 'DATABASE_URL',
    default: undefined,
    unset: 'SQLite in the data directory',
    doc: 'postgres://… for several replicas, pglite://dir for an embedded Postgres.',
  },
  {
    name: 'PUBLIC_URL',
    default: undefined,
    unset: 'http://HOST:PORT',
    doc: 'Address under which people reach this server; links are made from it.',
  },
  {
    name: 'THREADCAST_BOT_TURNS',
    default: '20',
    doc: 'Turns that bots may cause in one thread within an hour, so that none loop.',
  },
  { name: 'LOG_LEVEL', default: 'info', doc: `One of ${LOG_LEVELS.join(', ')}.` },
  { name: 'APP_ID', default: undefined, unset: 'no GitHub', doc: 'Number of the GitHub App.' },
  {
    name: 'PRIVATE_KEY',
    default: undefined,
    doc: "The App's key in PEM form; line breaks may be written as \\n.",
  },
  { name: 'PRIVATE_KEY_PATH', default: undefined, doc: 'File with that key, instead of it.' },
  { name: 'WEBHOOK_SECRET', default: undefined, doc: 'Secret with which GitHub signs deliveries.' },
  {
    name: 'GHE_HOST',
    default: undefined,
    unset: 'github.com',
    doc: 'A GitHub Enterprise Server, or NAME.ghe.com (Enterprise Cloud with data residency).',
  },
  { name: 'GHE_PROTOCOL', default: 'https', doc: 'https or http, for a GitHub Enterprise Server.' },
  {
    name: 'GITHUB_ALIASES',
    default: 'threadcast',
    doc: "Names besides the App's own that a mention may use, separated by commas.",
  },
  {
    name: 'GITHUB_LABELS',
    default: undefined,
    unset: 'none',
    doc: 'Labels that start a turn on the issue or pull request, separated by commas.',
  },
  {
    name: 'GITHUB_BOTS',
    default: undefined,
    unset: 'none',
    doc: 'Numbers of Apps that may start work like people with write access.',
  },
  {
    name: 'GITHUB_UNTAGGED_REPLIES',
    default: 'false',
    doc: 'Whether a comment in a thread goes on with its session without a mention.',
  },
  {
    name: 'SLACK_BOT_TOKEN',
    default: undefined,
    unset: 'no Slack',
    doc: 'xoxb-… of the one workspace that the app is installed in.',
  },
  {
    name: 'SLACK_APP_TOKEN',
    default: undefined,
    unset: 'events over HTTP',
    doc: 'xapp-…: Socket Mode, so that Slack need not reach this server.',
  },
  {
    name: 'SLACK_SIGNING_SECRET',
    default: undefined,
    doc: 'Secret with which Slack signs events; needed without Socket Mode.',
  },
  {
    name: 'SLACK_CLIENT_ID',
    default: undefined,
    unset: 'one workspace',
    doc: 'With its secret: those of SLACK_TEAMS can install the app.',
  },
  { name: 'SLACK_CLIENT_SECRET', default: undefined, doc: 'Secret of that client.' },
  {
    name: 'SLACK_TEAMS',
    default: undefined,
    doc: 'Ids of the workspaces (T…) and organisations (E…) that may install it; needed then.',
  },
  { name: 'SLACK_API_URL', default: undefined, unset: 'slack.com', doc: "Slack's API elsewhere." },
  {
    name: 'SLACK_CHANNELS',
    default: undefined,
    unset: 'wherever it is invited',
    doc: 'Ids of the channels whose members may start work; direct messages always may.',
  },
  {
    name: 'SLACK_APPROVERS',
    default: undefined,
    unset: 'who asked',
    doc: 'Ids of people (U…) and user groups (S…) who may answer every permission request.',
  },
  {
    name: 'SLACK_MAINTAINERS',
    default: undefined,
    unset: 'nobody',
    doc: 'Ids of people who may also do what maintainers may.',
  },
  {
    name: 'SLACK_REQUESTER_MAY_APPROVE',
    default: 'true',
    doc: 'Whether people may answer what their own turn asks; false needs SLACK_APPROVERS.',
  },
  {
    name: 'SLACK_GUESTS',
    default: 'false',
    doc: 'Whether guests and people of other workspaces (Slack Connect) may start work.',
  },
  {
    name: 'SLACK_BOTS',
    default: undefined,
    unset: 'none',
    doc: 'Ids of apps (A…) whose messages are read like those of people.',
  },
  {
    name: 'SLACK_UNTAGGED_REPLIES',
    default: 'true',
    doc: 'Whether a reply in a thread goes on with its session without a mention.',
  },
];
