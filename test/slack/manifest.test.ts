/** manifest.slack.json: what people paste into Slack to create the app. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { SHORTCUT } from '../../src/slack/listeners/shortcut.ts';
import { BOT_SCOPES } from '../../src/slack/oauth/scopes.ts';

const ROOT = join(import.meta.dirname, '../..');
const SCHEMA = join(ROOT, '../shared/corpus/slack-manifest.v2.schema.json');
const manifest = JSON.parse(readFileSync(join(ROOT, 'manifest.slack.json'), 'utf8')) as {
  readonly features: {
    readonly agent_view?: object;
    readonly shortcuts: readonly { readonly callback_id: string }[];
  };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: { readonly event_subscriptions: { readonly bot_events: readonly string[] } };
};

describe('manifest.slack.json', () => {
  it.skipIf(!existsSync(SCHEMA))(
    "is valid by Slack's own schema (skipped where ../shared is absent)",
    () => {
      const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
      const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);
      validate(manifest);
      expect(validate.errors).toBeNull();
    },
  );

  it('declares an agent, and asks for the scopes that an OAuth installation asks for', () => {
    expect(manifest.features.agent_view).toBeDefined();
    expect(manifest.oauth_config.scopes.bot).toEqual(BOT_SCOPES);
  });

  it('names the shortcut and subscribes the events that the app listens to', () => {
    expect(manifest.features.shortcuts.map((each) => each.callback_id)).toEqual([SHORTCUT]);
    const app = readFileSync(join(ROOT, 'src/slack/app.ts'), 'utf8');
    const heard = [...app.matchAll(/bolt\.event\('(\w+)'/g)].map(([, name]) => name);
    const subscribed = manifest.settings.event_subscriptions.bot_events;
    const kinds = new Set(subscribed.map((name) => name.split('.')[0]));
    expect(kinds).toEqual(new Set(heard));
  });
});
