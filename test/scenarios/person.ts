/** A person at the page in Chromium, and what they read there. */
import type { BrowserContext, Page } from 'playwright-core';

/** What changes from run to run is replaced, so that the rest can be compared. */
export function normalised(text: string): string {
  return text
    .replaceAll(/\d{1,2}:\d{2}( [AP]M)?/g, '<time>')
    .replaceAll(/\b(in )?\d+ min( \d+ s)?/g, '<duration>')
    .replaceAll(/\b\d+(\.\d+)? s\b/g, '<duration>')
    .replaceAll(/(\/approve|\/deny) [a-z]\d+\b/g, '$1 <code>')
    .replaceAll(/[\d,]+ of 200,000 tokens/g, '<count> of 200,000 tokens')
    .replaceAll(/^[a-z]\d+$/gm, '<code>')
    .replaceAll(/(?:\/[\w.-]+)+\/sessions\/s_\w+\/work/g, '<workspace>')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

export interface Person {
  readonly page: Page;
  /** Sends a message with Ctrl+Enter. */
  write(text: string): Promise<void>;
  /** The message at this place (negative: from the end), as a person reads it. */
  message(at: number): Promise<string>;
  /** All messages, as a person reads them. */
  thread(): Promise<string>;
  /** Waits until the newest turn is in this state. */
  untilTurn(state: string, options?: { readonly timeout?: number }): Promise<void>;
  /** What the page complained about: script errors, blocked content. */
  readonly problems: readonly string[];
}

export async function personAt(context: BrowserContext): Promise<Person> {
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (line) => {
    if (/content security policy/i.test(line.text())) problems.push(line.text());
  });
  const messages = page.locator('#messages > .message');
  return {
    page,
    problems,
    async write(text) {
      const composer = page.getByRole('textbox', { name: 'Message' });
      await composer.fill(text);
      await composer.press('Control+Enter');
    },
    message: async (at) => normalised(await messages.nth(at).innerText()),
    thread: async () => (await messages.allInnerTexts()).map(normalised).join('\n---\n'),
    async untilTurn(state, options = {}) {
      const turns = page.locator('#messages .turn');
      await turns
        .last()
        .and(page.locator(`[data-state="${state}"]`))
        .waitFor(options);
    },
  };
}
