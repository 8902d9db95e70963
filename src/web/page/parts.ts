/**
 * Parts of a page that are fetched when somebody wants them: what is behind a line, and earlier
 * turns. An element with `data-load` is empty until its `<details>` is opened.
 */
import { toast } from './dom.ts';
import { tick } from './ticking.ts';

const FRAGMENT = { headers: { accept: 'text/x-fragment' } };

export function startParts(): void {
  // `toggle` does not bubble.
  document.addEventListener('toggle', (event) => openedBy(event.target), { capture: true });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('[data-earlier]') : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    void showEarlier(link);
  });
  openAddressed();
  addEventListener('hashchange', openAddressed);
}

/** The part that the address names may be in a folded one. */
function openAddressed(): void {
  const target = document.getElementById(location.hash.slice(1));
  const folded = target?.closest('details');
  if (folded instanceof HTMLDetailsElement) folded.open = true;
  target?.scrollIntoView();
}

function openedBy(target: EventTarget | null): void {
  if (target instanceof HTMLDetailsElement && target.open) void load(target);
}

/** After a morph: what is open, and was emptied because it reads otherwise now, is fetched again. */
export function fetchOpened(id: string): void {
  const root = document.getElementById(id);
  for (const details of root?.querySelectorAll('details[open]') ?? []) openedBy(details);
}

/** Whether the element holds what the fresh one would fetch. */
export function isFetched(node: Node, fresh: Node): boolean {
  if (!(node instanceof HTMLElement) || !(fresh instanceof HTMLElement)) return false;
  const { load: url, loaded } = node.dataset;
  return url !== undefined && loaded === url && fresh.dataset['load'] === url;
}

async function load(details: HTMLDetailsElement): Promise<void> {
  const place = details.querySelector<HTMLElement>(':scope > [data-load]');
  const url = place?.dataset['load'];
  if (place === null || url === undefined || place.dataset['loaded'] === url) return;
  place.setAttribute('aria-busy', 'true');
  const html = await fetchPart(url);
  place.removeAttribute('aria-busy');
  if (html === undefined || place.dataset['load'] !== url) return;
  place.innerHTML = html;
  place.dataset['loaded'] = url;
  tick(place);
}

async function showEarlier(link: HTMLAnchorElement): Promise<void> {
  const url = link.dataset['earlier'];
  const place = link.closest('#earlier');
  if (url === undefined || place === null || place.hasAttribute('aria-busy')) return;
  place.setAttribute('aria-busy', 'true');
  const html = await fetchPart(url);
  place.removeAttribute('aria-busy');
  if (html === undefined) return;
  const page = document.documentElement;
  const below = page.scrollHeight - scrollY;
  const next = place.nextElementSibling;
  place.outerHTML = html;
  tick();
  // Whoever read stays where they read, with what is new above.
  scrollTo({ top: page.scrollHeight - below, behavior: 'instant' });
  const focus = document.querySelector<HTMLElement>('[data-earlier]') ?? next;
  if (focus instanceof HTMLElement) focus.focus({ preventScroll: true });
}

/** What our own server rendered; undefined, and said, when it did not. */
async function fetchPart(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, FRAGMENT);
    if (response.ok) return await response.text();
    toast(
      response.status === 401
        ? 'You are logged out. Reload the page.'
        : 'It is not there any more.',
    );
  } catch {
    toast('The server did not answer. Check the connection and try again.');
  }
  return undefined;
}
