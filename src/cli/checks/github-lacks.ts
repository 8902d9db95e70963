/** What app.yml asks for and was not granted. */
import type { GitHubManifest } from '../manifests.ts';

const LEVELS = ['none', 'read', 'write', 'admin'];
const rank = (level: string | undefined): number => LEVELS.indexOf(level ?? 'none');

/** `issues: write`, … */
export function lackingPermissions(
  granted: Readonly<Record<string, string>>,
  asked: GitHubManifest,
): readonly string[] {
  return Object.entries(asked.default_permissions)
    .filter(([name, level]) => rank(granted[name]) < rank(level))
    .map(([name, level]) => `${name}: ${level}`);
}

export function lackingEvents(
  subscribed: readonly string[],
  asked: GitHubManifest,
): readonly string[] {
  return asked.default_events.filter((event) => !subscribed.includes(event));
}
