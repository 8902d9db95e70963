/**
 * Requests of people without write access. Nothing of theirs runs before a maintainer has seen it on
 * a card and let it run; what runs is the text that the card shows, read once more from GitHub: when
 * it was edited since, the card shows the edit and waits for another decision.
 *
 * Nothing is stored here: the card itself, signed by us, is what waits.
 */
import { inputHash } from '../core/access/action-token.ts';
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import { SURFACE, threadRef, type Place } from './address.ts';
import { askedAgain } from './asked.ts';
import type { OwnComment, Site } from './client/comments.ts';
import type { Edge } from './deps.ts';
import { accept, type Heard } from './heard.ts';
import { tell } from './notice.ts';
import { actorOf } from './person.ts';
import { givenInTime } from './prompts/given.ts';
import { tokensIn } from './renderers/marker.ts';
import {
  CHOICES,
  renderOutsider,
  renderOutsiderEnd,
  type ChoiceId,
  type MintChoice,
  type OutsiderEnd,
} from './renderers/outsider.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

const PREFIX = 'outsider:';
const WAITS_MS = 30 * 24 * 3_600_000;
/**
 * Cards within an hour; more are not shown. Of one person on one thread and in all, and of everybody
 * in one repository: an installation's calls of an hour (455, client/surface.ts) are for its members.
 */
const MOST = { thread: 3, person: 20, repository: 60 } as const;
const HOUR_MS = 3_600_000;

export const isOutsiderCard = (key: string): boolean => key.startsWith(PREFIX);

/** How many cards were shown; forgotten with the process. */
export interface CardLimit {
  take(person: number, place: Place, now: number): boolean;
}

export function createCardLimit(): CardLimit {
  const shown = new Map<string, readonly number[]>();
  return {
    take: (person, place, now) => {
      for (const [key, times] of shown) {
        if (times.every((at) => now - at >= HOUR_MS)) shown.delete(key);
      }
      const counts = [
        { key: JSON.stringify([person, threadRef(place)]), most: MOST.thread },
        { key: `person ${person}`, most: MOST.person },
        { key: `repository ${place.repositoryId}`, most: MOST.repository },
      ].map(({ key, most }) => {
        const recent = (shown.get(key) ?? []).filter((at) => now - at < HOUR_MS);
        return { key, recent, isFull: recent.length >= most };
      });
      if (counts.some(({ isFull }) => isFull)) return false;
      for (const { key, recent } of counts) shown.set(key, [...recent, now]);
      return true;
    },
  };
}

/** Shows what somebody asks for who may not. */
export async function showOutsider(edge: Edge, heard: Heard): Promise<void> {
  const { clock, logger, cardLimit } = edge;
  const { place, by, deliveryId } = heard;
  if (!cardLimit.take(by.id, place, clock.now())) {
    logger.info({ person: by.id, deliveryId }, 'outsiders ask too often; no card is shown');
    return;
  }
  const thread = threadRef(place);
  const { id } = await edge.threads.ensure(thread, heard.title, clock.now());
  const key = `${PREFIX}${deliveryId}`;
  await tell(edge, {
    thread,
    title: heard.title,
    key,
    tone: 'info',
    markdown: 'A maintainer decides whether this runs.',
    request: requestOf(edge, `${key}@${id}`, heard),
  });
}

const requestOf = ({ clock }: Pick<Edge, 'clock'>, id: string, { by, text }: Asked) => ({
  id,
  name: by.login,
  text,
  expiresAt: clock.now() + WAITS_MS,
});

/** How a card reads; for the outbox, which posts it, and for edits of it. */
export function createCard({ actionTokens }: Pick<Edge, 'actionTokens'>): Edge['card'] {
  const mint: MintChoice = ({ id: requestId, text, expiresAt }, optionId) =>
    actionTokens.mint({
      sessionId: '',
      requestId,
      optionId,
      surface: SURFACE,
      expiresAt,
      inputHash: inputHash(text),
    });
  return (request, edited = false) => renderOutsider(request, edited, mint);
}

/** The text as it is now, to be decided anew. */
async function showEdit(
  edge: Edge,
  site: Site,
  { key, externalId }: { readonly key: string; readonly externalId: string },
  asked: Asked,
): Promise<void> {
  const body = edge.card(requestOf(edge, key, asked), true);
  await edge.comments.edit(site, externalId, edge.marks.sign(key, body));
}

type Asked = Pick<Heard, 'by' | 'text'>;

interface Decision {
  readonly place: Place;
  readonly title: string;
  readonly by: GitHubUser;
}

/** A tick on a card. Throws what the person should be told, as AppError. */
export async function decideByTick(
  edge: Edge,
  decision: Decision & {
    readonly caller: Caller;
    readonly externalId: string;
    readonly key: string;
  },
  token: string,
): Promise<void> {
  const { actionTokens, clock, guard, comments } = edge;
  const { caller, key, externalId } = decision;
  const action = actionTokens.verify(token, clock.now());
  const choice = Object.values(CHOICES).find(({ id }) => id === action?.optionId);
  const isOfThis = action?.surface === SURFACE && action.requestId === key;
  if (!isOfThis || choice === undefined) {
    throw new AppError('unprocessable', 'This does not work any more: ask again with a mention.');
  }
  await guard.check('ok-to-run', caller, { subject: key });
  const site = await comments.site(threadRef(decision.place));
  const body = await comments.said(site, externalId);
  if (tokensIn(body).length === 0) {
    throw new AppError('already_answered', 'This was decided already: see what the card says.');
  }
  await decide(edge, site, { ...decision, hash: action.inputHash }, choice.id);
}

/** Whether it was decided; false: the card shows another text now. */
async function decide(
  edge: Edge,
  site: Site,
  card: Decision & {
    readonly caller: Caller;
    readonly externalId: string;
    readonly key: string;
    readonly hash: string;
  },
  choice: ChoiceId,
): Promise<boolean> {
  const { decisions, guard } = edge;
  const { key, hash, caller, place, title } = card;
  const asked = await askedAgain(edge, { place, title }, idIn(key));
  if (asked === undefined) {
    await end(edge, site, card, { by: UNKNOWN, text: '' }, 'gone');
    return true;
  }
  if (inputHash(asked.text) !== hash) {
    await showEdit(edge, site, card, asked);
    return false;
  }
  const about = { subject: JSON.stringify([key, asked.text]) };
  await decisions.append(guard.decision('ok-to-run', caller, choice, about));
  if (choice !== 'ignore') await release(edge, asked, choice === 'read-only');
  await end(edge, site, card, asked, choice);
  return true;
}

const UNKNOWN: GitHubUser = { id: 0, login: 'somebody' };

/** The maintainer's word stands for the missing role, for this text alone. */
async function release(edge: Edge, asked: Heard, readOnly: boolean): Promise<void> {
  const caller: Caller = { actor: actorOf(asked.by), roles: ['run'] };
  const given = await givenInTime(edge, () => asked.context(0));
  await accept(edge, asked, caller, { ...given, tainted: true }, { readOnly });
}

async function end(
  edge: Edge,
  site: Site,
  { key, externalId, by }: { key: string; externalId: string; by: GitHubUser },
  asked: Asked,
  how: OutsiderEnd,
): Promise<void> {
  const markdown = renderOutsiderEnd({ name: asked.by.login, text: asked.text }, how, by.login);
  await edge.comments.edit(site, externalId, edge.marks.sign(key, markdown));
}

/** The delivery id of what a card shows. */
const idIn = (key: string): string => key.slice(PREFIX.length).replace(/@t_[^@]*$/, '');

/**
 * `ok-to-run` as a command: all that waits in this thread and was shown, as it is, before the
 * command was written.
 */
export async function okToRun(
  edge: Edge,
  heard: Heard,
  caller: Caller,
  readOnly: boolean,
): Promise<void> {
  const { place, title, by } = heard;
  const thread = threadRef(place);
  const say = (markdown: string): Promise<void> =>
    tell(edge, { thread, title, key: `ok-to-run:${heard.deliveryId}`, tone: 'info', markdown });
  await edge.guard.check('ok-to-run', caller, { subject: heard.deliveryId });
  const site = await edge.comments.site(thread);
  const waiting = await waitingCards(edge, site, place);
  if (waiting.length === 0) {
    await say('Nothing waits for an `ok-to-run` here.');
    return;
  }
  let undecided = 0;
  for (const card of waiting) {
    // Dates have whole seconds: in the same one, another text may have been read.
    const wasSeen = card.editedAt < heard.at;
    const target = { place, title, by, caller, ...card };
    const choice = readOnly ? CHOICES.readOnly.id : CHOICES.run.id;
    if (!wasSeen || !(await decide(edge, site, target, choice))) undecided += 1;
  }
  if (undecided > 0) {
    await say(
      'What was asked was edited after it had been shown. The card shows it as it is now; please read it and decide again.',
    );
  }
}

interface WaitingCard extends OwnComment {
  /** Of the text that it shows. */
  readonly hash: string;
}

async function waitingCards(
  edge: Edge,
  site: Site,
  place: Place,
  deliveryId = '',
): Promise<readonly WaitingCard[]> {
  const { comments, threads, marks, actionTokens, clock } = edge;
  const thread = await threads.find(threadRef(place));
  if (thread === undefined) return [];
  const all = await comments.ours(site, `${PREFIX}${deliveryId}`);
  return all.flatMap((card) => {
    const isHere = card.key.endsWith(`@${thread.id}`) && marks.isGenuine(card.body);
    const [token = ''] = isHere ? tokensIn(card.body) : [];
    const action = actionTokens.verify(token, clock.now());
    return action?.requestId === card.key ? [{ ...card, hash: action.inputHash }] : [];
  });
}

/**
 * What an outsider edited or deleted (`now`: undefined): its card shows it at once, if it still
 * waits; an edit only so often, as a decision looks at the text again in any case.
 */
export async function outsiderChanged(
  edge: Edge,
  { place, title }: Pick<Heard, 'place' | 'title'>,
  deliveryId: string,
  now: Heard | undefined,
): Promise<'shown' | 'none'> {
  const { cardLimit, clock, comments } = edge;
  edge.pace.takeTurn(String(place.installationId), `card of ${deliveryId}`, 2);
  const site = await comments.site(threadRef(place));
  const [card] = await waitingCards(edge, site, place, `${deliveryId}@`);
  if (card === undefined) return 'none';
  const asked = now ?? { by: UNKNOWN, text: '', title };
  if (now === undefined) await end(edge, site, { ...card, by: UNKNOWN }, asked, 'gone');
  else if (inputHash(now.text) !== card.hash && cardLimit.take(now.by.id, place, clock.now())) {
    await showEdit(edge, site, card, now);
  }
  return 'shown';
}
