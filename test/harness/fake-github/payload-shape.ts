/** Compares our webhooks with real ones: what we send must be there in theirs, with its type. */
import { createRequire } from 'node:module';

interface Examples {
  readonly name: string;
  readonly examples: readonly unknown[];
}

type Shape = Map<string, Set<string>>;

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Every path of the payload with the types seen there; items of lists share a path. */
function collect(value: unknown, path: string, into: Shape): void {
  const types = into.get(path) ?? new Set();
  into.set(path, types.add(typeOf(value)));
  if (Array.isArray(value)) {
    for (const item of value) collect(item, `${path}[]`, into);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) collect(item, `${path}.${name}`, into);
  }
}

/** In GitHub's documentation, but in none of the examples of that event (they are older, or few). */
const DOCUMENTED: readonly RegExp[] = [
  /\.issue\.(state_reason|pull_request)\b/,
  /^issues\.changes\.title\b/,
  /\.comment\.in_reply_to_id$/,
  /^pull_request_review_comment\.pull_request\.draft$/,
  /^pull_request_review\.review\.body$/,
  /\.app\.client_id$/,
  /^pull_request\.pull_request\.(merged_at$|merged_by\b)/,
  /^installation_repositories\.installation\.(app_slug|created_at|updated_at)$/,
];

export type ShapeCheck = (event: string, body: string) => readonly string[];

/** Says what of a payload no public example of its event has. */
export function createShapeCheck(): ShapeCheck {
  const all: readonly Examples[] = createRequire(import.meta.url)('@octokit/webhooks-examples');
  const known = new Map<string, Shape>();
  const shapeOf = (event: string): Shape => {
    const there = known.get(event);
    if (there !== undefined) return there;
    const shape: Shape = new Map();
    for (const { name, examples } of all) {
      if (name === event) for (const example of examples) collect(example, '', shape);
    }
    known.set(event, shape);
    return shape;
  };
  return (event, body) => {
    const ours: Shape = new Map();
    collect(JSON.parse(body), '', ours);
    const theirs = shapeOf(event);
    return [...ours].flatMap(([path, types]) => {
      if (DOCUMENTED.some((pattern) => pattern.test(`${event}${path}`))) return [];
      const real = theirs.get(path);
      if (real === undefined) return [`${event}${path}: no example has it`];
      const wrong = [...types].filter((type) => type !== 'null' && !real.has(type));
      return wrong.map((type) => `${event}${path}: ${type}, but it is ${[...real].join(' or ')}`);
    });
  };
}
