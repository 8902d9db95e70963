/** `agent <name>`: from now on this thread works with that agent. */
import { startSession, templateNamed } from '../agents.ts';
import { findSession, info, on } from '../context.ts';
import { agentChosen, agentIsSame } from '../texts.ts';

export const agent = on('agent', async (context, command) => {
  const template = await templateNamed(context, command.agent);
  const current = await findSession(context);
  if (current?.agentTemplateId === template.id) return info(agentIsSame(template.name));
  await startSession(context, template.id);
  return info(agentChosen(template.name));
});
