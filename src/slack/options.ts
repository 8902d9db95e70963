/** What the server's configuration says about Slack. `app.ts` of the program reads it from the environment. */

export interface SlackOptions {
  /** SLACK_APP_TOKEN: present = Socket Mode, no address of ours needs to be reachable. */
  readonly appToken?: string | undefined;
  /** SLACK_SIGNING_SECRET: needed without Socket Mode; without it nothing is taken over HTTP. */
  readonly signingSecret?: string | undefined;
  /** SLACK_BOT_TOKEN: one workspace. */
  readonly botToken?: string | undefined;
  readonly oauth?: SlackOAuth | undefined;
  /** SLACK_API_URL. */
  readonly apiUrl?: string | undefined;
  /** Where people reach this server, without a slash at its end. */
  readonly publicUrl: string;
  readonly access: SlackAccess;
  /** Whether a reply without a mention goes on with its thread's session; default true. */
  readonly untaggedReplies?: boolean | undefined;
}

/** Many workspaces, each installed by its own people. */
export interface SlackOAuth {
  /** SLACK_CLIENT_ID and SLACK_CLIENT_SECRET. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** SLACK_TEAMS: ids of workspaces and organisations; nobody else may install, or is listened to. */
  readonly teams: readonly string[];
}

export interface SlackAccess {
  /** Ids of channels whose members may start work; empty: every channel that we were invited to. */
  readonly channels: readonly string[];
  /** Ids of people who approve and maintain. */
  readonly approvers: readonly string[];
  readonly maintainers: readonly string[];
  /** Ids of user groups whose members approve. */
  readonly approverGroups: readonly string[];
  /** Whether guests and people of other workspaces (Slack Connect) may start work. */
  readonly guests: boolean;
  /** Ids of apps whose messages are read as if a person had written them. */
  readonly bots: readonly string[];
}
