/** Makes the seconds pass: elapsed times, countdowns, silence; times of day in the reader's zone. */

/** Silence that is worth a word (chat.md: a stall is shown after 60 s). */
const QUIET_MS = 60_000;

export function startTicking(): void {
  tick();
  setInterval(tick, 1_000);
}

/** Call after new elements came in, so that they do not stand empty until the next second. */
export function tick(root: ParentNode = document): void {
  const now = Date.now();
  for (const element of root.querySelectorAll<HTMLElement>('[data-since]')) {
    setText(element, span(now - Number(element.dataset['since'])));
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-until]')) {
    const left = Number(element.dataset['until']) - now;
    setText(element, left > 0 ? `in ${span(left)}` : 'now');
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-quiet-since]')) {
    const quiet = now - Number(element.dataset['quietSince']);
    if (quiet > QUIET_MS) element.dataset['quiet'] = `silent for ${span(quiet)}`;
    else delete element.dataset['quiet'];
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-clock]')) {
    const at = new Date(Number(element.dataset['clock']));
    const today = at.toDateString() === new Date(now).toDateString();
    const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    setText(element, today ? time : `${at.toLocaleDateString()} ${time}`);
  }
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 60)
    return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0
    ? `${Math.floor(minutes / 60)} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
