/**
 * Where in the page the reader is. Whoever reads the end goes on reading the end; whoever reads
 * above is not moved, and is shown the way to the end and to what waits for them.
 */
import { byId } from './dom.ts';

/** As far from the end as a reader may be who still reads the end. */
const NEAR_END = 80;
/** So far up that somebody may want a button to come back. */
const FAR_FROM_END = 600;

export function startPlace(): void {
  addEventListener('scroll', look, { passive: true });
  addEventListener('resize', look, { passive: true });
  byId('to-end', HTMLButtonElement)?.addEventListener('click', () => toEnd('smooth'));
  look();
}

const fromEnd = (): number => document.documentElement.scrollHeight - innerHeight - scrollY;

/** Changes the page without moving the reader, unless they read the end. */
export function keepingPlace(change: () => void): void {
  const atEnd = fromEnd() < NEAR_END;
  change();
  if (atEnd) toEnd('instant');
  look();
}

/** At the end when the page is new to the reader; a page that is reloaded stays where it was. */
export function beginAtEnd(): void {
  const [navigation] = performance.getEntriesByType('navigation');
  const isNew = navigation instanceof PerformanceNavigationTiming && navigation.type === 'navigate';
  if (isNew && location.hash === '') toEnd('instant');
}

function toEnd(behavior: ScrollBehavior): void {
  scrollTo({ top: document.documentElement.scrollHeight, behavior });
}

function look(): void {
  const button = byId('to-end', HTMLButtonElement);
  if (button !== undefined) button.hidden = fromEnd() < FAR_FROM_END;
  // Whoever sees a request needs no link to it.
  for (const link of document.querySelectorAll<HTMLAnchorElement>('#asks a[href^="#"]')) {
    const box = document.getElementById(link.hash.slice(1))?.firstElementChild;
    const item = link.closest('li');
    if (item !== null) item.hidden = box !== undefined && box !== null && isSeen(box);
  }
}

function isSeen(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight - 100 && bottom < innerHeight;
}
