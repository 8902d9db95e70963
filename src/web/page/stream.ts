/**
 * The live page. Messages and regions come whole and are morphed into place, so what the reader
 * opened, focused or selected stays. The browser connects again by itself and says where it was.
 */
import { Idiomorph } from 'idiomorph';
import { announce, byId } from './dom.ts';
import { fetchOpened, isFetched } from './parts.ts';
import { beginAtEnd, keepingPlace } from './place.ts';
import { tick } from './ticking.ts';

/** A browser opens six connections to one origin; pages that nobody looks at give theirs back. */
const HIDDEN_MS = 120_000;
/** A connection that broke may be back before anybody notices. */
const SHOW_BROKEN_MS = 1_500;
const REFUSED_MS = 3_000;

export function startStream(): void {
  const messages = byId('messages', HTMLDivElement);
  const home = document.querySelector('[data-view="home"]') === null ? undefined : '/web/stream';
  const address = document.querySelector<HTMLElement>('[data-stream]')?.dataset['stream'] ?? home;
  if (address !== undefined) listen(messages, address);
}

function listen(messages: HTMLDivElement | undefined, address: string): void {
  if (messages !== undefined) beginAtEnd();
  let cursor = '';
  let source = connect();

  function connect(): EventSource {
    const url = cursor === '' ? address : address.replace(/after=\d+/, `after=${cursor}`);
    const opened = new EventSource(url);
    opened.addEventListener('open', () => showConnection('live'));
    opened.addEventListener('error', () => {
      showConnection('broken');
      // A refusal ends an EventSource for good; a broken connection does not.
      if (opened.readyState === EventSource.CLOSED) void afterRefusal();
    });
    opened.addEventListener('message', (event: MessageEvent<string>) => {
      cursor = event.lastEventId;
      keepingPlace(() => showMessage(messages, parse(event)));
    });
    opened.addEventListener('turn', (event: MessageEvent<string>) => {
      cursor = event.lastEventId;
      keepingPlace(() => showTurn(messages, JSON.parse(event.data) as StreamedTurn));
    });
    opened.addEventListener('piece', (event: MessageEvent<string>) => {
      cursor = event.lastEventId;
      keepingPlace(() => showPiece(JSON.parse(event.data) as StreamedPiece));
    });
    opened.addEventListener('region', (event: MessageEvent<string>) => {
      keepingPlace(() => showRegion(parse(event)));
    });
    return opened;
  }
  async function afterRefusal(): Promise<void> {
    const status = await fetch('/', { method: 'HEAD' }).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 401) showConnection('logged out');
    else setTimeout(reconnect, REFUSED_MS);
  }
  function reconnect(): void {
    source.close();
    source = connect();
  }

  let leaving: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(() => source.close(), HIDDEN_MS);
    else if (source.readyState === EventSource.CLOSED) reconnect();
  });
}

/** As `routes/stream.ts` sends them; a region has no ordinal. */
interface Streamed {
  readonly id: string;
  readonly ordinal: number;
  readonly html: string;
}

/** As `routes/session-stream.ts` sends them. */
interface StreamedTurn {
  readonly id: string;
  readonly order: number;
  readonly state: string;
  readonly announce: string;
  readonly pieces: readonly string[];
}

interface StreamedPiece {
  readonly turn: string;
  readonly id: string;
  readonly order: number;
  readonly html: string;
}

function parse(event: MessageEvent<string>): Streamed {
  return JSON.parse(event.data) as Streamed;
}

function showMessage(list: HTMLDivElement | undefined, message: Streamed): void {
  if (list === undefined) return;
  const known = document.getElementById(`m-${message.id}`);
  const before = known?.querySelector<HTMLElement>('[data-announce]')?.dataset['announce'];
  if (known === null) insertInOrder(list, message);
  else morph(known, message.html);
  const element = document.getElementById(`m-${message.id}`);
  if (element === null) return;
  tick(element);
  const after = element.querySelector<HTMLElement>('[data-announce]')?.dataset['announce'];
  if (after !== undefined && after !== before) announce(after);
}

/** Makes room for a turn, and takes away what is no part of it any more. */
function showTurn(list: HTMLDivElement | undefined, turn: StreamedTurn): void {
  if (list === undefined) return;
  const element = document.getElementById(turn.id) ?? newTurn(list, turn);
  if (element === null) return;
  const before = element.dataset['announce'];
  element.dataset['state'] = turn.state;
  element.dataset['announce'] = turn.announce;
  if (before !== turn.announce) announce(turn.announce);
  for (const child of element.children) if (!turn.pieces.includes(child.id)) child.remove();
}

/** Null for a turn before those that are shown: it is fetched as it is when somebody wants it. */
function newTurn(list: HTMLDivElement, turn: StreamedTurn): HTMLElement | null {
  const [first] = list.getElementsByClassName('turn');
  const hasEarlier = document.getElementById('earlier') !== null;
  if (hasEarlier && first instanceof HTMLElement && turn.order < orderOf(first)) return null;
  const element = document.createElement('section');
  element.className = 'turn whole';
  element.id = turn.id;
  element.dataset['order'] = String(turn.order);
  list.querySelector('.empty')?.remove();
  insertByOrder(list, element, turn.order);
  return element;
}

function showPiece({ turn, id, order, html }: StreamedPiece): void {
  const parent = document.getElementById(turn);
  if (parent === null) return;
  const known = document.getElementById(id);
  if (known !== null) morph(known, html);
  else {
    const template = document.createElement('template');
    template.innerHTML = html;
    insertByOrder(parent, template.content, order);
  }
  tick(parent);
}

const orderOf = (element: Element): number =>
  Number(element instanceof HTMLElement ? element.dataset['order'] : undefined);

function insertByOrder(parent: HTMLElement, fresh: Node, order: number): void {
  parent.insertBefore(fresh, [...parent.children].find((child) => orderOf(child) > order) ?? null);
}

function insertInOrder(list: HTMLDivElement, message: Streamed): void {
  const next = [...list.children].find(
    (child) => Number((child as HTMLElement).dataset['ordinal']) > message.ordinal,
  );
  if (next === undefined) list.insertAdjacentHTML('beforeend', message.html);
  else next.insertAdjacentHTML('beforebegin', message.html);
}

function showRegion({ id, html }: Streamed): void {
  const region = document.getElementById(id);
  if (region === null) return;
  morph(region, html);
  tick();
  const waiting = document.querySelector('#badge [data-state="waiting"]') !== null;
  document.title = `${waiting ? '● ' : ''}${document.title.replace(/^● /, '')}`;
}

function morph(element: HTMLElement, html: string): void {
  void Idiomorph.morph(element, html, {
    morphStyle: 'outerHTML',
    callbacks: {
      // Whether a part is folded, and what ticks, belongs to the reader's page and not to the server.
      beforeAttributeUpdated: (name, node) =>
        !(name === 'open' && node instanceof HTMLDetailsElement) && name !== 'data-quiet',
      beforeNodeMorphed: (node, fresh) => !isSameClock(node, fresh) && !isFetched(node, fresh),
    },
  });
  fetchOpened(element.id);
}

/** A ticking time that counts from the same moment keeps its text. */
function isSameClock(node: Node, fresh: Node): boolean {
  if (!(node instanceof HTMLTimeElement) || !(fresh instanceof HTMLTimeElement)) return false;
  return node.dateTime === fresh.dateTime && node.className === fresh.className;
}

const CONNECTION = {
  live: '',
  broken: 'Reconnecting…',
  'logged out': 'You are logged out. Reload the page to log in.',
} as const;

let showing: ReturnType<typeof setTimeout> | undefined;
let connection: keyof typeof CONNECTION = 'live';

function showConnection(state: keyof typeof CONNECTION): void {
  const element = byId('connection', HTMLParagraphElement);
  // Each try that fails says so; the first counts.
  if (element === undefined || state === connection) return;
  connection = state;
  clearTimeout(showing);
  if (state === 'live') element.hidden = true;
  const show = (): void => {
    element.textContent = CONNECTION[state];
    element.hidden = false;
  };
  if (state !== 'live') showing = setTimeout(show, SHOW_BROKEN_MS);
}
