/**
 * AgentConnector over ACP that loads its SDK with the first agent: the schemas of the protocol take
 * 12 MiB, which a server without an agent need not spend. The agent's process starts meanwhile, and
 * what it writes is kept for the reader.
 */
import type { AgentConnector } from '../core/ports/agent.ts';
import type { LinkDeps } from './link.ts';

export function createLazyConnector(deps: LinkDeps): AgentConnector {
  return {
    async open(...args) {
      const { createAgentConnector } = await import('./connection.ts');
      return createAgentConnector(deps).open(...args);
    },
  };
}
