/** What stands in a thread of the page, read without a browser. */
import { eventually } from '../harness/server-process.ts';
import type { WebClient } from '../harness/web-client.ts';
import { readHtml } from '../web/read-html.ts';
import { normalised } from './person.ts';

/** The messages of a thread in their order. */
export async function threadText(web: WebClient, threadId: string): Promise<readonly string[]> {
  const html = await web.page(threadId);
  const articles = html.match(/<article class="message".*?<\/article>/gs) ?? [];
  return articles.map((article) => normalised(readHtml(article)));
}

/** The first message with this text in it, as soon as there is one. */
export function messageWith(
  web: WebClient,
  threadId: string,
  text: string | RegExp,
  withinMs?: number,
): Promise<string> {
  return eventually(async () => {
    const all = await threadText(web, threadId);
    return all.find((each) => (typeof text === 'string' ? each.includes(text) : text.test(each)));
  }, withinMs);
}
