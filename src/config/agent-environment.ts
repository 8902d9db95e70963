/** What an agent may see of the server's environment: only what its template names. */

/**
 * The named variables that are set here. Agents get nothing else of ours, so a key that no
 * template names cannot leak into one.
 */
export function environmentFor(names: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

/** Where commands are looked for: the server's own PATH. */
export function searchPath(): string {
  return process.env['PATH'] ?? '';
}
