/**
 * What the bot may do in a workspace, and why. `manifest.slack.json` asks for the same (JSON has no
 * room for reasons), and a test compares.
 */
export const BOT_SCOPES = [
  // Being mentioned.
  'app_mentions:read',
  // The older status line, where the app is no agent.
  'assistant:write',
  // What is said in threads with a session, and before the first mention: public channels.
  'channels:history',
  // Whether a linked message is in a public channel: others are not read.
  'channels:read',
  // Messages, streams, statuses, answers for one person.
  'chat:write',
  // /threadcast, and "Ask Threadcast" in the menu of a message.
  'commands',
  // As channels:history, in private channels, direct messages and those of several people.
  'groups:history',
  'im:history',
  'mpim:history',
  // 🛑 stops.
  'reactions:read',
  // 👀, ✅ and ❌.
  'reactions:write',
  // Who is in the groups that SLACK_APPROVERS names.
  'usergroups:read',
  // Names, and who is a guest or of another workspace: they may not start work.
  'users:read',
] as const;
