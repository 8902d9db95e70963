/** JSON columns. They hold what this code wrote, so their type is taken at its word. */
export function parseJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** Equal values give equal text: keys sorted, undefined ones left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
