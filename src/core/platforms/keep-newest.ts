/** What a process remembers for a while, bounded: the newest are kept, in the order of their setting. */

/** `most`: entries, at least 1. One that is set again is the newest. */
export function keepNewest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
