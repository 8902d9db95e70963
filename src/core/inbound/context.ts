/** What a handler of a verb gets, and what it gives back. */
import type { Command } from '../commands/command.ts';
import type { Caller } from '../model/actor.ts';
import { AppError, isAppError } from '../model/errors.ts';
import { deriveId, type PromptId, type SessionId } from '../model/ids.ts';
import type { Session } from '../model/session.ts';
import type { Thread } from '../model/thread.ts';
import type { Transcript } from '../model/transcript.ts';
import type { SessionService } from '../sessions/service.ts';
import type { Clock } from '../ports/clock.ts';
import type { InboundMessage, TemplateStore, ThreadStore } from '../ports/stores.ts';
import { NO_SESSION, WINDING_UP } from './texts.ts';

export interface InboundConfig {
  /**
   * Our names on a surface, the first is the one we call ourselves; with or without `@`. Undefined:
   * not known yet, and messages from there wait.
   */
  readonly mentions: (surface: string) => readonly string[] | undefined;
  /** Whether a reply without a mention goes on with the thread's session. */
  readonly untaggedReplies: (surface: string) => boolean;
  /** Turns that bots may cause in one thread within an hour. */
  readonly botTurnsPerHour: number;
  /** Id of the template that a new session takes when nobody says which. */
  readonly defaultAgent: string;
}

export interface HandlerContext {
  readonly message: InboundMessage;
  readonly caller: Caller;
  readonly thread: Thread;
  /** The thread's active session: the one that was bound last. */
  readonly sessionId: SessionId | undefined;
  /** All that were bound, newest first. */
  readonly bound: readonly SessionId[];
  readonly sessions: SessionService;
  readonly threads: ThreadStore;
  readonly templates: TemplateStore;
  readonly transcript: (sessionId: SessionId) => Promise<Transcript>;
  readonly clock: Clock;
  readonly config: InboundConfig;
}

export interface Reply {
  readonly tone: 'info' | 'error';
  readonly markdown: string;
}

/** No reply: what was done shows itself (the turn, the permission request). */
export type HandlerResult = Promise<Reply | undefined>;
export type Handler = (context: HandlerContext, command: Command) => HandlerResult;
export type ChatVerb = Command['verb'];
export type CommandOf<V extends ChatVerb> = Extract<Command, { readonly verb: V }>;

/** A handler of one verb as a row of the table. */
export function on<V extends ChatVerb>(
  verb: V,
  handle: (context: HandlerContext, command: CommandOf<V>) => HandlerResult,
): Handler {
  const isMine = (command: Command): command is CommandOf<V> => command.verb === verb;
  return (context, command) => {
    if (isMine(command)) return handle(context, command);
    throw new TypeError(`the handler of ${verb} got ${command.verb}`);
  };
}

export const info = (markdown: string): Reply => ({ tone: 'info', markdown });
export const problem = (markdown: string): Reply => ({ tone: 'error', markdown });

/** The thread's session; AppError `not_found`, sayable, when there is none. */
export async function sessionOf(context: HandlerContext): Promise<Session> {
  const { sessionId, sessions, caller } = context;
  if (sessionId === undefined) throw new AppError('not_found', NO_SESSION);
  return sessions.session(caller, sessionId);
}

/** The thread's session if it still exists. */
export async function findSession(context: HandlerContext): Promise<Session | undefined> {
  try {
    return await sessionOf(context);
  } catch (error) {
    if (isAppError(error, 'not_found')) return undefined;
    throw error;
  }
}

/** The session ready for a prompt: an ended one is opened again, one that ends is waited for. */
export async function awake(context: HandlerContext, session: Session): Promise<Session> {
  if (session.state === 'ending') throw new AppError('unavailable', WINDING_UP);
  if (session.state !== 'ended') return session;
  return context.sessions.reopen(context.caller, session.id);
}

/** Ids that this delivery causes: doing it again makes the same ones. */
export function causeOf({ message }: HandlerContext): string {
  return causeOfDelivery(message.thread.surface, message.deliveryId);
}

function causeOfDelivery(surface: string, deliveryId: string): string {
  return JSON.stringify(['inbound', surface, deliveryId]);
}

/** The prompt that a message with this delivery id became, if it became one. */
export function promptIdOfDelivery(surface: string, deliveryId: string): Promise<PromptId> {
  return deriveId('p', causeOfDelivery(surface, deliveryId));
}

export function promptIdOf(context: HandlerContext): Promise<PromptId> {
  return deriveId('p', causeOf(context));
}

/** Text of a person as a prompt of the session. Repeating it is harmless. */
export async function promptWith(
  context: HandlerContext,
  sessionId: SessionId,
  text: string,
  { steer = false, editOf }: { readonly steer?: boolean; readonly editOf?: PromptId } = {},
): Promise<void> {
  await context.sessions.prompt(context.caller, sessionId, {
    content: [...(context.message.context ?? []), { type: 'text', text }],
    promptId: await promptIdOf(context),
    steer,
    editOf,
    readOnly: context.message.released?.readOnly,
    tainted: context.message.tainted,
  });
}
