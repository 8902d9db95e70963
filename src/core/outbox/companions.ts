/**
 * Messages that belong to another one: its mirrors, and the next part of a text that is too long for
 * one. Each is a row of its own, with the same view; a part opens the one after it, so they stand in
 * order.
 */
import { UNSENT, type OutboxMessage } from '../model/message.ts';
import type { OutboxStore } from '../ports/stores.ts';

/** `count`: bodies that the view has now. A mirror has further parts, but no mirrors. */
export function companionsOf(
  row: OutboxMessage,
  count: number,
  mirrors: readonly string[],
): readonly OutboxMessage[] {
  const part = row.part ?? 1;
  const isItself = part === 1 && row.mirror === undefined;
  const out = isItself ? mirrors.map((mirror) => companion(row, { mirror })) : [];
  return part < count ? [...out, companion(row, { mirror: row.mirror, part: part + 1 })] : out;
}

/** One that shows the same as `row`, elsewhere or further on; its key is derived from the row's. */
export function companion(row: OutboxMessage, facet: Facet): OutboxMessage {
  const { mirror, part } = facet;
  const itself = row.key.slice(0, row.key.length - suffix(row).length);
  return {
    ...row,
    key: itself + suffix(facet),
    mirror,
    part,
    ...UNSENT,
  };
}

type Facet = Pick<OutboxMessage, 'mirror' | 'part'>;

const suffix = ({ mirror, part }: Facet): string =>
  `${mirror === undefined ? '' : `#${mirror}`}${part === undefined ? '' : `~${part}`}`;

/** Opens what has no row yet; asked at every look at a message, so it remembers what has one. */
export function createOpener(
  store: Pick<OutboxStore, 'open'>,
): (messages: readonly OutboxMessage[]) => Promise<void> {
  const opened = new Set<string>();
  return async (messages) => {
    const missing = messages.filter(({ key }) => !opened.has(key));
    if (missing.length === 0) return;
    await store.open(missing);
    if (opened.size > 10_000) opened.clear();
    for (const { key } of missing) opened.add(key);
  };
}
