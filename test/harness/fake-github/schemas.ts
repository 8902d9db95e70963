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
  /** What is wrong with the body of `POST /path/{template}`; null = nothing. */
  problem(operation: string, body: unknown): string | null;
}

export function loadSchemas(): Schemas {
  if (!existsSync(FILE)) return { available: false, problem: () => null };
  const { ops }: { ops: Record<string, Operation> } = JSON.parse(readFileSync(FILE, 'utf8'));
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true, uri: true } });
  const compiled = new Map<string, ValidateFunction>();
  return {
    available: true,
    problem: (operation, body) => {
      const schema = ops[operation]?.body;
      if (schema === undefined || schema === null) return null;
      if (body === undefined) {
        return ops[operation]?.bodyRequired === true ? `${operation}: no body` : null;
      }
      const validate = compiled.get(operation) ?? ajv.compile(schema);
      compiled.set(operation, validate);
      if (validate(body)) return null;
      return `${operation}: ${ajv.errorsText(validate.errors, { dataVar: 'body' })}`;
    },
  };
}
