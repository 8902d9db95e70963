/** Finds the message that we posted for a slash command, by the command in its metadata. */
import { z } from 'zod';
import { appErrorOf } from './failures.ts';
import type { Workspaces } from './workspaces.ts';

export const COMMAND_TYPE = 'threadcast_command';

const historySchema = z.object({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      metadata: z
        .looseObject({
          event_type: z.string(),
          event_payload: z.looseObject({ cause: z.string().optional() }).optional(),
        })
        .optional(),
    }),
  ),
});

/**
 * Among the newest messages of the channel; undefined also where we may not read them. Rejects with
 * AppError `unavailable` to try again: posting unseen could post twice.
 */
export async function findByCommand(
  workspaces: Workspaces,
  { team, channel }: { readonly team: string; readonly channel: string },
  cause: string,
): Promise<string | undefined> {
  const args = { channel, include_all_metadata: true, limit: 50 };
  const answer = await workspaces.call(team, 'conversations.history', args);
  if (!answer.ok) {
    if (answer.failure.kind === 'said') return undefined;
    throw appErrorOf('conversations.history', answer.failure);
  }
  return historySchema
    .parse(answer.data)
    .messages.find(
      ({ metadata }) =>
        metadata?.event_type === COMMAND_TYPE && metadata.event_payload?.cause === cause,
    )?.ts;
}
