/** `agent <name>`: from now on this thread works with that agent. `agent`: which there are. */
import { startSession, templateNamed } from '../agents.ts';
import { findSession, info, on } from '../context.ts';
import { agentChosen, agentIsSame, agentsText } from '../texts.ts';

export const agent = on('agent', async (context, command) => {
  const current = await findSession(context);
  if (command.agent === null) {
    return info(
      agentsText(current?.agentTemplateId ?? undefined, await context.templates.templates()),
    );
  }
  const template = await templateNamed(context, command.agent);
  if (current?.agentTemplateId === template.id) return info(agentIsSame(template.name));
  await startSession(context, template.id);
  return info(agentChosen(template.name));
});
