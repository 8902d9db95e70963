/** What the bot may do in a workspace; `manifest.slack.json` asks for the same, and a test compares. */
export const BOT_SCOPES = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'groups:history',
  'im:history',
  'mpim:history',
  'reactions:read',
  'reactions:write',
  'usergroups:read',
  'users:read',
] as const;
