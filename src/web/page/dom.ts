/** The few elements that several parts of the script use. */

export function byId<T extends HTMLElement>(id: string, type: new () => T): T | undefined {
  const element = document.getElementById(id);
  return element instanceof type ? element : undefined;
}

let hiding: ReturnType<typeof setTimeout> | undefined;

/** Says something to the person for a while, over the page; assistive technology reads it out. */
export function toast(message: string): void {
  const element = byId('toast', HTMLDivElement);
  if (element === undefined) return;
  element.textContent = message;
  element.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (element.hidden = true), 8_000);
}

/** For those who do not see the page change. One sentence at a time, only for changes of state. */
export function announce(message: string): void {
  const element = byId('announcer', HTMLParagraphElement);
  if (element !== undefined) element.textContent = message;
}
