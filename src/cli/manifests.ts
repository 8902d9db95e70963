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

const slackSchema = z.looseObject({
  features: z.looseObject({ slash_commands: z.array(z.looseObject({ command: z.string() })) }),
  oauth_config: z.looseObject({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.looseObject({
    event_subscriptions: z.looseObject({ bot_events: z.array(z.string()) }),
    interactivity: z.looseObject({ is_enabled: z.boolean() }),
  }),
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

/** Slack's events, buttons and commands come by HTTP to `publicUrl`, and other workspaces may install. */
export function overHttp({ json }: SlackManifest, publicUrl: string): string {
  const { features, oauth_config, settings, ...rest } = slackSchema.parse(JSON.parse(json));
  const request_url = `${publicUrl}/slack/events`;
  return JSON.stringify({
    ...rest,
    features: {
      ...features,
      slash_commands: features.slash_commands.map((each) => ({ ...each, url: request_url })),
    },
    oauth_config: { ...oauth_config, redirect_urls: [`${publicUrl}/slack/oauth_redirect`] },
    settings: {
      ...settings,
      event_subscriptions: { ...settings.event_subscriptions, request_url },
      interactivity: { ...settings.interactivity, request_url },
      socket_mode_enabled: false,
    },
  });
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
