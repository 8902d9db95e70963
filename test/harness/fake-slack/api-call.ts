/** What every method gets, and what it may do to the rest of the workspace. */
import type { BlockLimits } from './blocks.ts';
import { isJson, textOf } from './arguments.ts';
import { SlackRefusal } from './refusal.ts';
import type { Install, Json, SlackChannel, SlackMessage, SlackState } from './state.ts';

export interface ApiCall {
  readonly method: string;
  readonly args: Json;
  readonly install: Install;
  readonly state: SlackState;
  readonly blockLimits: BlockLimits;
  /** Tells the app (and whoever subscribed) what happened. */
  readonly emit: Emit;
}

export interface Emit {
  posted(message: SlackMessage): void;
  changed(message: SlackMessage, before: Json): void;
  deleted(message: SlackMessage, before: Json): void;
  reacted(message: SlackMessage, user: string, reaction: string, added: boolean): void;
}

export type Method = (call: ApiCall) => Json;
export type Methods = Readonly<Record<string, Method>>;

export function required(call: ApiCall, name: string): string {
  const value = textOf(call.args, name);
  if (value === undefined || value === '') throw new SlackRefusal('invalid_arguments');
  return value;
}

/** The channel, seen by the app: private ones only as a member. A user id means the DM with them. */
export function channelOf(call: ApiCall, name = 'channel'): SlackChannel {
  const id = required(call, name);
  const { state, install } = call;
  if (state.users.get(id)?.teamId === install.teamId)
    return state.imOf(install.teamId, id, install.botUserId);
  const channel = state.channels.get(id);
  if (channel === undefined || channel.teamId !== install.teamId)
    throw new SlackRefusal('channel_not_found');
  if (channel.kind !== 'channel' && !channel.members.has(install.botUserId))
    throw new SlackRefusal('channel_not_found');
  return channel;
}

/** A channel where the app may speak. */
export function speakable(call: ApiCall): SlackChannel {
  const channel = channelOf(call);
  if (!channel.members.has(call.install.botUserId)) throw new SlackRefusal('not_in_channel');
  if (channel.archived) throw new SlackRefusal('is_archived');
  return channel;
}

/** A message that can be retrieved: not deleted, not ephemeral. */
export function messageOf(call: ApiCall, channel: SlackChannel, name = 'ts'): SlackMessage {
  const message = call.state.message(channel.id, required(call, name));
  if (message === undefined || message.deleted || message.onlyFor !== null)
    throw new SlackRefusal('message_not_found');
  return message;
}

export function metadataOf(args: Json): Json | null | undefined {
  const { metadata } = args;
  if (metadata === undefined) return undefined;
  if (!isJson(metadata)) throw new SlackRefusal('invalid_metadata_format');
  if (Object.keys(metadata).length === 0) return null;
  if (typeof metadata.event_type !== 'string' || !isJson(metadata.event_payload))
    throw new SlackRefusal('invalid_metadata_format');
  if (JSON.stringify(metadata.event_payload).length > 8192)
    throw new SlackRefusal('metadata_too_large');
  return metadata;
}
