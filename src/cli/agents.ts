/** `threadcast agents`: the built-in agents, which can start here, and what the others lack. */
import type { AgentStatus, Command } from './command.ts';
import { mark } from './mark.ts';
import { needSetup } from './need-setup.ts';

export const agents: Command = {
  name: 'agents',
  summary: 'Lists the agents that can start here, and what the others need.',
  async run(cli) {
    const setup = needSetup(cli);
    if (setup === undefined) return 1;
    const all = await (await setup.services()).agents();
    cli.out(agentList(all));
    return 0;
  },
};

function agentList(all: readonly AgentStatus[]): string {
  const idWidth = Math.max(...all.map(({ id }) => id.length));
  return all
    .flatMap(({ id, name, missing }) => {
      const ready = missing.length === 0;
      const head = `${mark(ready ? 'good' : 'bad')} ${id.padEnd(idWidth)}  ${name}`;
      return [head, ...missing.map((todo) => `${' '.repeat(idWidth + 4)}${todo}`)];
    })
    .join('\n');
}
