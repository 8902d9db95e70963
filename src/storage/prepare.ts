/**
 * Queries compiled once. Building and compiling a query costs more than SQLite takes to run it, so
 * what runs for every event or commit is compiled on first use and afterwards only filled in.
 */
import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Tables } from './schema.ts';

type Values = Readonly<Record<string, string | number | null>>;

/** A query that wants the values `P`, and gives rows `R`. */
export type PreparedQuery<P extends Values, R> = (values: P) => CompiledQuery<R>;

/** Stands in a query for the value of this name. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * `build` makes the query from stand-ins for its values. They look like values to Kysely's types
 * and are put back before anything runs; a value that `build` does not name is not used.
 */
export function prepare<P extends Values, R>(
  db: Kysely<Tables>,
  build: (
    db: Kysely<Tables>,
    value: <N extends keyof P & string>(name: N) => P[N],
  ) => Compilable<R>,
): PreparedQuery<P, R> {
  let compiled: CompiledQuery<R> | undefined;
  return (values) => {
    compiled ??= build(
      db,
      // The only lie: a Placeholder passed as a value, until the line below replaces it.
      <N extends keyof P & string>(name: N) => new Placeholder(name) as unknown as P[N],
    ).compile();
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.name] : parameter,
    );
    return { ...compiled, parameters };
  };
}

/** One prepared query per number of rows or ids. */
export function prepareBySize<P extends Values, R>(
  make: (size: number) => PreparedQuery<P, R>,
): (size: number) => PreparedQuery<P, R> {
  const bySize = new Map<number, PreparedQuery<P, R>>();
  return (size) => {
    const known = bySize.get(size);
    if (known !== undefined) return known;
    const made = make(size);
    bySize.set(size, made);
    return made;
  };
}
