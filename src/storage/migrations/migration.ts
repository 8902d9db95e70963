/** One step of the schema. Never changed once released: databases out there have run it. */
import type { Kysely } from 'kysely';
import type { DatabaseKind } from '../database.ts';
import type { Tables } from '../schema.ts';

/** `db` is the transaction that all steps of one start share. */
export type Migration = (db: Kysely<Tables>, kind: DatabaseKind) => Promise<void>;
