/** The decision log: rows are only ever added. */
import type { Kysely, Selectable } from 'kysely';
import type { Decision } from '../core/model/decision.ts';
import type { PromptId, SessionId } from '../core/model/ids.ts';
import type { DecisionLog } from '../core/ports/stores.ts';
import { badCursor } from './cursor.ts';
import { parseJson } from './json.ts';
import type { DecisionsTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

function decisionFromRow(row: Selectable<DecisionsTable>): Decision {
  return {
    at: row.at,
    actor: parseJson(row.actor),
    verb: row.verb,
    outcome: row.outcome,
    reason: row.reason,
    sessionId: row.session_id as SessionId | null,
    promptId: row.prompt_id as PromptId | null,
    subjectHash: row.subject_hash,
    subject: row.subject,
  };
}

/** Adds a row within the caller's transaction. */
export async function insertDecision(trx: Kysely<Tables>, decision: Decision): Promise<void> {
  await trx
    .insertInto('decisions')
    .values({
      at: decision.at,
      actor: JSON.stringify(decision.actor),
      verb: decision.verb,
      outcome: decision.outcome,
      reason: decision.reason,
      session_id: decision.sessionId,
      prompt_id: decision.promptId,
      subject_hash: decision.subjectHash,
      subject: decision.subject,
    })
    .execute();
}

export function createDecisionLog(db: Kysely<Tables>, writer: Writer): DecisionLog {
  return {
    append: (decision) => writer.write((trx) => insertDecision(trx, decision)),
    async decisions(cursor, limit) {
      if (cursor !== null && !/^\d{1,15}$/.test(cursor)) throw badCursor();
      let query = db.selectFrom('decisions').selectAll();
      if (cursor !== null) query = query.where('n', '<', Number(cursor));
      const rows = await query
        .orderBy('n', 'desc')
        .limit(limit + 1)
        .execute();
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const more = rows.length > limit && last !== undefined;
      return { data: page.map(decisionFromRow), nextCursor: more ? String(last.n) : null };
    },
  };
}
