/**
 * One message from its row to what it causes: parse, authorize, handle, answer. Every step can be
 * repeated: ids and the answer's key come from the delivery.
 */
import { authorize } from '../access/authorize.ts';
import type { Command, ParsedMessage } from '../commands/command.ts';
import { verbOf } from '../commands/grammar.ts';
import type { ParseOptions } from '../commands/parse.ts';
import type { Caller } from '../model/actor.ts';
import { AppError, isAppError } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import { UNSENT, type OutboxMessage } from '../model/message.ts';
import type { Thread } from '../model/thread.ts';
import type { Transcript } from '../model/transcript.ts';
import type { Verb } from '../model/verbs.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { errorText } from '../transcript/plain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { DecisionLog, InboundMessage, TemplateStore, ThreadStore } from '../ports/stores.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { SessionService } from '../sessions/service.ts';
import { handleChange } from './change.ts';
import { problem, type HandlerContext, type InboundConfig, type Reply } from './context.ts';
import { handlePrompt } from './handlers/prompt.ts';
import { HANDLERS } from './table.ts';
import { isOverLoopBudget } from './loop-budget.ts';
import { tellRefusal } from './refusal.ts';
import { loopRefused, oops } from './texts.ts';

export interface HandleDeps {
  readonly threads: ThreadStore;
  readonly outbox: Pick<Outbox, 'open' | 'openHourly'>;
  readonly sessions: SessionService;
  readonly store: Pick<SessionStore, 'prompts'>;
  readonly templates: TemplateStore;
  readonly decisions: DecisionLog;
  readonly parse: (text: string, options: ParseOptions) => ParsedMessage;
  /** What there is to see of a session. Rejects as the store does. */
  readonly transcript: (sessionId: SessionId) => Promise<Transcript>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: InboundConfig;
}

/** How a row ends; `failed` is kept for whoever looks. */
export type Handled =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: string };

const DONE: Handled = { kind: 'done' };

export interface MessageHandler {
  /** Rejects with AppError `unavailable` when it should be tried again. */
  handle(message: InboundMessage): Promise<Handled>;
  /** Tells the thread. Rejects as the store does. */
  tell(message: InboundMessage, reply: Reply): Promise<void>;
}

export function createMessageHandler(deps: HandleDeps): MessageHandler {
  return {
    tell: (message, reply) => tell(deps, message, reply),
    handle: async (message) => {
      try {
        const reply = await carryOut(deps, message);
        if (reply !== undefined) await tell(deps, message, reply);
        return DONE;
      } catch (error) {
        if (isAppError(error, 'unavailable')) throw error;
        if (isAppError(error, 'forbidden')) {
          await tellRefusal(deps, { ...message, markdown: errorText(error.message) });
          return DONE;
        }
        if (error instanceof AppError) {
          await tell(deps, message, problem(errorText(error.message)));
          return DONE;
        }
        const errorId = `e_${crypto.randomUUID().slice(0, 8)}`;
        const { deliveryId } = message;
        deps.logger.error({ err: error, errorId, deliveryId }, 'a message could not be handled');
        await tell(deps, message, problem(oops(errorId)));
        return { kind: 'failed', error: `${errorId}: ${String(error)}` };
      }
    },
  };
}

async function carryOut(deps: HandleDeps, message: InboundMessage): Promise<Reply | undefined> {
  const { threads } = deps;
  // As old as the message: what is said until it is read belongs to the next one's context.
  const thread = await threads.ensure(message.thread, message.threadTitle, message.receivedAt);
  const bindings = await threads.bindingsOfThread(thread.id);
  const bound = bindings.toSorted((a, b) => b.boundAt - a.boundAt).map((b) => b.sessionId);
  const parsed = await read(deps, message, bound[0]);
  if (parsed.kind === 'ignored' && message.change?.kind !== 'deleted') return undefined;
  const context = contextOf(deps, message, thread, bound);
  if (message.change !== undefined) return handleChange(context, message.change, parsed);
  await threads.touch(thread.id, message.receivedAt);
  if (message.released !== undefined) {
    const isPlain = parsed.kind === 'prompt' && Object.keys(parsed.options).length === 0;
    return handlePrompt(context, isPlain ? parsed.text : message.text, {});
  }
  if (await isOverLoopBudget(deps.store, context, parsed)) {
    await refuseLoop(deps, context);
    return undefined;
  }
  switch (parsed.kind) {
    case 'ignored':
      return undefined;
    case 'error':
      await permit(deps, context.caller, { verb: 'help', topic: null });
      return problem(parsed.message);
    case 'prompt':
      return handlePrompt(context, parsed.text, parsed.options);
    case 'command':
      await permit(deps, context.caller, parsed.command);
      return HANDLERS[parsed.command.verb](context, parsed.command);
  }
}

function contextOf(
  deps: HandleDeps,
  message: InboundMessage,
  thread: Thread,
  bound: readonly SessionId[],
): HandlerContext {
  const { sessions, threads, templates, clock, config, transcript } = deps;
  const caller: Caller = { actor: message.actor, roles: message.roles };
  const services = { sessions, threads, templates, clock, config, transcript };
  return { message, caller, thread, sessionId: bound[0], bound, ...services };
}

/** In a bound thread commands need no mention; free text only where untagged replies are on. */
async function read(
  deps: HandleDeps,
  message: InboundMessage,
  sessionId: SessionId | undefined,
): Promise<ParsedMessage> {
  const { text, addressed, thread } = message;
  const isBound = sessionId !== undefined;
  const hasSlash = /^[ \t]*\//m.test(text);
  const options: ParseOptions = {
    mentions: deps.config.mentions(thread.surface) ?? [],
    bound: isBound,
    addressed,
    agents: (await deps.templates.templates()).map((template) => template.id),
    agentCommands: isBound && hasSlash ? await agentCommands(deps, sessionId) : [],
  };
  const parsed = deps.parse(text, options);
  if (!isBound || addressed || deps.config.untaggedReplies(thread.surface)) return parsed;
  const isFreeText =
    parsed.kind === 'prompt' ||
    (parsed.kind === 'command' && parsed.command.verb === 'steer' && !hasSlash);
  return isFreeText ? deps.parse(text, { ...options, bound: false }) : parsed;
}

async function agentCommands(
  { transcript }: HandleDeps,
  sessionId: SessionId,
): Promise<readonly string[]> {
  return (await transcript(sessionId)).agentCommands.map(({ name }) => name);
}

/**
 * Who may use the verb at all; the service decides on the thing itself. Answers of permission
 * requests are the service's alone: who asked for the turn counts there.
 */
async function permit(deps: HandleDeps, caller: Caller, command: Command): Promise<void> {
  if (command.verb === 'approve' || command.verb === 'deny') return;
  const verb = verbOf(command);
  const decision = authorize(verb, caller);
  if (decision.allow) return;
  await logRefusal(deps, caller, verb, decision.reason);
  throw new AppError('forbidden', decision.reason, { details: { role: decision.role } });
}

async function logRefusal(
  { decisions, clock }: HandleDeps,
  { actor }: Caller,
  verb: Verb,
  reason: string,
): Promise<void> {
  const about = { sessionId: null, promptId: null, subjectHash: null, subject: null };
  await decisions.append({ at: clock.now(), actor, verb, outcome: 'refused', reason, ...about });
}

/** Said once an hour: the bot may answer this as well. */
async function refuseLoop(
  deps: HandleDeps,
  { caller, message, config }: HandlerContext,
): Promise<void> {
  const markdown = loopRefused(caller.actor.name, config.botTurnsPerHour);
  await logRefusal(deps, caller, 'prompt', markdown);
  await tellRefusal(deps, { ...message, markdown });
}

async function tell(deps: HandleDeps, message: InboundMessage, reply: Reply): Promise<void> {
  const now = deps.clock.now();
  const thread = await deps.threads.ensure(message.thread, message.threadTitle, now);
  const notice: OutboxMessage = {
    key: `notice:${message.thread.surface}:${message.deliveryId}@${thread.id}`,
    threadId: thread.id,
    surface: thread.ref.surface,
    account: thread.ref.account,
    view: { kind: 'notice', ...reply },
    ...UNSENT,
    createdAt: now,
  };
  await deps.outbox.open([notice]);
}
