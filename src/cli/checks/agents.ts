/** Can at least one agent start? */
import type { AgentStatus, Finding } from '../command.ts';
import { ownCommand } from '../../core/model/own-command.ts';

export function checkAgents(all: readonly AgentStatus[]): readonly Finding[] {
  const names = (list: readonly AgentStatus[]): string => list.map(({ id }) => id).join(', ');
  const ready = all.filter(({ missing }) => missing.length === 0);
  const others = all.filter(({ missing }) => missing.length > 0);
  if (ready.length === 0) {
    return [
      {
        state: 'bad',
        says: 'No agent can start here.',
        mend: `Run "${ownCommand('agents')}" to see what each one needs.`,
      },
    ];
  }
  const good: Finding = { state: 'good', says: `Agents that can start: ${names(ready)}` };
  if (others.length === 0) return [good];
  const note = `Not set up: ${names(others)} ("${ownCommand('agents')}" says what they need)`;
  return [good, { state: 'note', says: note }];
}
