/**
 * Checks request bodies against the public request schemas, when they are there: the folder lies
 * beside the repository and is no part of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';

const FILE = fileURLToPath(new URL('../../../../shared/corpus/gh-ops.json', import.meta.url));

interface Operation {
  readonly bodyRequired: boolean;
  readonly body: object | null;
}

export interface Schemas {
  /** False = the folder is not there, nothing is checked. */
  readonly available: boolean;
  /** `POST /path/{template}` … of all that is known. */
  readonly operations: readonly string[];
  /** What is wrong with the body of `POST /path/{template}`; null = nothing. */
  problem(operation: string, body: unknown): string | null;
}

/** OpenAPI's `nullable` beside no `type` is no JSON schema: written as a choice. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, plain(value)]),
  );
  if (nullable !== true) return rest;
  return { anyOf: [{ type: 'null' }, rest] };
}

export function loadSchemas(): Schemas {
  if (!existsSync(FILE)) return { available: false, operations: [], problem: () => null };
  const { ops }: { ops: Record<string, Operation> } = JSON.parse(readFileSync(FILE, 'utf8'));
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true, uri: true } });
  const compiled = new Map<string, ValidateFunction>();
  return {
    available: true,
    operations: Object.keys(ops),
    problem: (operation, body) => {
      const schema = ops[operation]?.body;
      if (schema === undefined || schema === null) return null;
      if (body === undefined) {
        return ops[operation]?.bodyRequired === true ? `${operation}: no body` : null;
      }
      const validate = compiled.get(operation) ?? ajv.compile(Object(plain(schema)));
      compiled.set(operation, validate);
      if (validate(body)) return null;
      return `${operation}: ${ajv.errorsText(validate.errors, { dataVar: 'body' })}`;
    },
  };
}
