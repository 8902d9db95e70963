/** Reads server-sent events of the page, as a browser would. */

export interface Received<Data> {
  readonly event: string;
  readonly id: string;
  readonly data: Data;
}

export interface EventStream<Data> {
  /** The next event of one of these kinds; those between are passed over. */
  next(...events: readonly string[]): Promise<Received<Data>>;
  close(): void;
}

export async function openEvents<Data>(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<EventStream<Data>> {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal, headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    close: () => controller.abort(),
    async next(...events) {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end === -1) {
          const chunk = await reader?.read();
          if (chunk === undefined || chunk.done) throw new Error('The stream ended');
          text += chunk.value;
          continue;
        }
        const field = (name: string): string =>
          new RegExp(`^${name}: ?(.*)$`, 'm').exec(text.slice(0, end))?.[1] ?? '';
        const found = { event: field('event'), id: field('id'), data: field('data') };
        text = text.slice(end + 2);
        if (events.includes(found.event)) return { ...found, data: JSON.parse(found.data) as Data };
      }
    },
  };
}
