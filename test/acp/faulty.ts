/** Opens the faulty agent, and reads what it was answered. */
import { join } from 'node:path';
import type { AgentConnection, OpenedSession } from '../../src/core/ports/agent.ts';
import type { AgentProcess } from '../../src/core/ports/runtime.ts';
import { createWitness, openAgent, startNode } from './agents.ts';
import type { Witness } from './agents.ts';

export const FAULTY = join(import.meta.dirname, 'faulty-agent.ts');

export async function openFaulty(
  fault = 'none',
  witness = createWitness(),
  previous: string | null = null,
): Promise<{
  readonly process: AgentProcess;
  readonly witness: Witness;
  readonly connection: AgentConnection;
  readonly opened: OpenedSession;
}> {
  const process = await startNode([FAULTY, fault]);
  return { process, witness, ...(await openAgent(process, witness, previous)) };
}

/** The JSON-RPC answers that the agent got to its own requests. */
export function echoes(witness: { updates: readonly { [field: string]: unknown }[] }): unknown[] {
  return witness.updates
    .filter((update) => update['sessionUpdate'] === 'echo')
    .map((update) => update['answer']);
}
