/** A configured label starts a turn with what the issue or pull request says. */
import type { Place } from './address.ts';
import type { Edge } from './deps.ts';
import { hear } from './hear.ts';
import { threadContext } from './prompts/context.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export interface Labeled {
  readonly place: Place;
  readonly subject: { readonly number: number; readonly title: string };
  readonly label: string;
  readonly by: GitHubUser;
}

export async function labelAdded(
  edge: Edge,
  { place, subject, label, by }: Labeled,
  delivery: string,
): Promise<void> {
  const { options, clock } = edge;
  if (!options.labels.some((name) => name.toLowerCase() === label.toLowerCase())) return;
  const what = place.kind === 'pull' ? 'this pull request' : 'this issue';
  const at = clock.now();
  await hear(edge, {
    place,
    title: subject.title,
    by,
    deliveryId: `label:${delivery}`,
    subject: `is:${subject.number}`,
    text: `Work on ${what}: ${subject.title}`,
    addressed: true,
    context: (since) => threadContext(edge, { place, since, until: at, except: null }),
    at,
  });
}
