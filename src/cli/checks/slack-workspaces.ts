/** Which workspaces installed the app, when each does it by itself. */
import type { CliConfig, Finding } from '../command.ts';

/** `look` rejects when the database cannot be read. */
export async function checkWorkspaces(
  { publicUrl }: Pick<CliConfig, 'publicUrl'>,
  look: () => Promise<readonly string[] | undefined>,
): Promise<readonly Finding[]> {
  const page = `${publicUrl ?? 'PUBLIC_URL'}/slack/install`;
  const teams = await look();
  if (teams === undefined) return [];
  if (teams.length === 0) {
    const mend = `Start the server and open ${page} in a browser that is logged in to Slack.`;
    return [{ state: 'bad', says: 'No workspace has installed the Slack app yet.', mend }];
  }
  return [{ state: 'good', says: `Slack: installed in ${teams.join(', ')}` }];
}
