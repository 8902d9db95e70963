/** What the two apps ask for, from the files beside the program: app.yml and manifest.slack.json. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const texts = z.record(z.string(), z.string());

const githubSchema = z.object({
  name: z.string(),
  description: z.string(),
  url: z.string(),
  default_permissions: texts,
  default_events: z.array(z.string()),
});

/** `name`, `description` and `url` of the App, and what it asks for. */
export type GitHubManifest = z.output<typeof githubSchema>;

const slackSchema = z.object({
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
});

export interface SlackManifest {
  readonly scopes: readonly string[];
  /** The whole file, without its blanks. */
  readonly json: string;
}

// The same way from src/cli and from dist/cli.
const beside = (name: string): URL => new URL(`../../${name}`, import.meta.url);

export async function readGitHubManifest(): Promise<GitHubManifest> {
  return githubSchema.parse(parseOutline(await readFile(beside('app.yml'), 'utf8')));
}

export async function readSlackManifest(): Promise<SlackManifest> {
  const whole: unknown = JSON.parse(await readFile(beside('manifest.slack.json'), 'utf8'));
  return { scopes: slackSchema.parse(whole).oauth_config.scopes.bot, json: JSON.stringify(whole) };
}

type Outline = Record<string, string | string[] | Record<string, string>>;

/** The little YAML that app.yml is written in: names with a text, a list or a map of texts. */
function parseOutline(source: string): Outline {
  const outline: Outline = {};
  let under = '';
  for (const line of source.split('\n')) {
    const [, indent, item, name = '', value = ''] =
      /^( *)(?:- (\S+)|([\w-]+):(?: +(.+))?)$/.exec(line.trimEnd()) ?? [];
    if (indent === undefined) {
      if (!/^\s*(#.*)?$/.test(line)) throw new Error(`app.yml: cannot read "${line}"`);
    } else if (item !== undefined) {
      const list = outline[under];
      outline[under] = [...(Array.isArray(list) ? list : []), item];
    } else if (indent === '') {
      outline[name] = value;
      under = name;
    } else {
      const map = outline[under];
      const known = typeof map === 'object' && !Array.isArray(map) ? map : {};
      outline[under] = { ...known, [name]: value };
    }
  }
  return outline;
}
