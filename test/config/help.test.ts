import { expect, test } from 'vitest';
import { configurationHelp } from '../../src/config/help.ts';
import { environmentSchema, settings } from '../../src/config/settings.ts';

test('every variable that is parsed is documented, and no other', () => {
  expect(settings.map(({ name }) => name)).toEqual(Object.keys(environmentSchema.shape));
});

test('the settings read well in a terminal', () => {
  expect(`\n${configurationHelp()}`).toMatchInlineSnapshot(`
    "
      PORT                         TCP port to listen on; 0 takes a free one.
                                   Default: 3000
      HOST                         Address to listen on. Set 0.0.0.0 only behind a TLS proxy.
                                   Default: 127.0.0.1
      THREADCAST_DATA_DIR          Directory of the database, the secrets and the workspaces of agents.
                                   Default: .threadcast
      DATABASE_URL                 postgres://… for several replicas, pglite://dir for an embedded Postgres.
                                   Default: SQLite in the data directory
      PUBLIC_URL                   Address under which people reach this server; links are made from it.
                                   Default: http://HOST:PORT
      THREADCAST_BOT_TURNS         Turns that bots may cause in one thread within an hour, so that none loop.
                                   Default: 20
      LOG_LEVEL                    One of trace, debug, info, warn, error, fatal, silent.
                                   Default: info
      APP_ID                       Number of the GitHub App.
                                   Default: no GitHub
      PRIVATE_KEY                  The App's key in PEM form; line breaks may be written as \\n.
                                   Default: none
      PRIVATE_KEY_PATH             File with that key, instead of it.
                                   Default: none
      WEBHOOK_SECRET               Secret with which GitHub signs deliveries.
                                   Default: none
      GHE_HOST                     A GitHub Enterprise Server, or NAME.ghe.com (Enterprise Cloud with data residency).
                                   Default: github.com
      GHE_PROTOCOL                 https or http, for a GitHub Enterprise Server.
                                   Default: https
      GITHUB_ALIASES               Names besides the App's own that a mention may use, separated by commas.
                                   Default: threadcast
      GITHUB_LABELS                Labels that start a turn on the issue or pull request, separated by commas.
                                   Default: none
      GITHUB_BOTS                  Numbers of Apps that may start work like people with write access.
                                   Default: none
      GITHUB_UNTAGGED_REPLIES      Whether a comment in a thread goes on with its session without a mention.
                                   Default: false
      SLACK_BOT_TOKEN              xoxb-… of the one workspace that the app is installed in.
                                   Default: no Slack
      SLACK_APP_TOKEN              xapp-…: Socket Mode, so that Slack need not reach this server.
                                   Default: events over HTTP
      SLACK_SIGNING_SECRET         Secret with which Slack signs events; needed without Socket Mode.
                                   Default: none
      SLACK_CLIENT_ID              With its secret: those of SLACK_TEAMS can install the app.
                                   Default: one workspace
      SLACK_CLIENT_SECRET          Secret of that client.
                                   Default: none
      SLACK_TEAMS                  Ids of the workspaces (T…) and organisations (E…) that may install it; needed then.
                                   Default: none
      SLACK_API_URL                Slack's API elsewhere.
                                   Default: slack.com
      SLACK_CHANNELS               Ids of the channels whose members may start work; direct messages always may.
                                   Default: wherever it is invited
      SLACK_APPROVERS              Ids of people (U…) and user groups (S…) who may answer every permission request.
                                   Default: who asked
      SLACK_MAINTAINERS            Ids of people who may also do what maintainers may.
                                   Default: nobody
      SLACK_REQUESTER_MAY_APPROVE  Whether people may answer what their own turn asks; false needs SLACK_APPROVERS.
                                   Default: true
      SLACK_GUESTS                 Whether guests and people of other workspaces (Slack Connect) may start work.
                                   Default: false
      SLACK_BOTS                   Ids of apps (A…) whose messages are read like those of people.
                                   Default: none
      SLACK_UNTAGGED_REPLIES       Whether a reply in a thread goes on with its session without a mention.
                                   Default: true"
  `);
});
