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
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`),
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
  { name: 'LOG_LEVEL', default: 'info', doc: `One of ${LOG_LEVELS.join(', ')}.` },
];
