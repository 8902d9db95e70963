/**
 * A surface whose messages have no secrets. The log that they are rendered from has none either;
 * but a token that came in two pieces is whole only here.
 */
import type { Redact } from '../access/redact.ts';
import type { Surface } from '../ports/surface.ts';

export function redactedSurface(surface: Surface, redact: Redact): Surface {
  return {
    ...surface,
    render(view, now, mirror) {
      const rendered = surface.render(view, now, mirror);
      if (typeof rendered === 'string') return redact(rendered);
      const [first, ...rest] = rendered;
      return [redact(first), ...rest.map(redact)];
    },
  };
}
