/**
 * A process that dies at a chosen call. Every call of the wrapped ports passes one fuse; at the
 * k-th the process is dead: that call and all later ones never come back. Whether the k-th still
 * took effect is the other half of every crash.
 */

export interface Fuse {
  run<T>(call: () => Promise<T>): Promise<T>;
  /** Calls that passed. */
  count(): number;
  isBlown(): boolean;
}

export function createFuse(dieAt: number, effect: 'before' | 'after'): Fuse {
  let count = 0;
  let isBlown = false;
  return {
    run: async (call) => {
      if (!isBlown) {
        count += 1;
        if (count < dieAt) return call();
        isBlown = true;
        if (effect === 'after') await call();
      }
      return new Promise(() => {});
    },
    count: () => count,
    isBlown: () => isBlown,
  };
}

/** `target` with the named methods behind the fuse. */
export function fused<T extends object>(
  target: T,
  fuse: Fuse,
  methods: readonly (keyof T & string)[],
): T {
  const names = new Set<string | symbol>(methods);
  return new Proxy(target, {
    get: (from, name) => {
      const value: unknown = Reflect.get(from, name);
      if (typeof value !== 'function' || !names.has(name)) return value;
      return (...args: unknown[]) =>
        fuse.run(async (): Promise<unknown> => Reflect.apply(value, from, args));
    },
  });
}
