import { parseId } from '../../src/core/model/ids.ts';
import { agentConnectorContract } from '../contracts/agent-connector.contract.ts';
import { connector, EXAMPLE_AGENT, startNode } from './agents.ts';

agentConnectorContract('over ACP', {
  connector,
  start: (key) => startNode([EXAMPLE_AGENT], parseId('s', key), { EXAMPLE_DELAY_MS: '0' }),
});
