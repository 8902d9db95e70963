/** What an agent may see of the server's environment: only what its template names. */
import { settings } from './settings.ts';

/** Ours alone: the address of the database has its password. */
const OURS: ReadonlySet<string> = new Set(settings.map(({ name }) => name));

/**
 * The named variables that are set here, our own settings never among them. Agents get nothing
 * else of ours, so a key that no template names cannot leak into one.
 */
export function environmentFor(names: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined && value !== '' && !OURS.has(name)) found[name] = value;
  }
  return found;
}

/** The values among those variables that are secrets, by their names. */
export function secretsFor(names: readonly string[]): readonly string[] {
  const found = Object.entries(environmentFor(names));
  return found.filter(([name]) => /KEY|TOKEN|SECRET|PASS/i.test(name)).map(([, value]) => value);
}

/** Where commands are looked for: the server's own PATH. */
export function searchPath(): string {
  return process.env['PATH'] ?? '';
}
