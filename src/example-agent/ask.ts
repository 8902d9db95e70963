/** The word `ask`: plan, read, ask for permission, write. The tour of what a session can show. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanEntry, ToolCallUpdate } from '@agentclientprotocol/sdk';
import { TurnCancelled } from './stage.ts';
import type { Stage } from './stage.ts';

const STEPS = ['Look at the workspace', 'Write hello.md', 'Say what changed'];

export async function ask(stage: Stage): Promise<void> {
  await stage.say('I will write a small file, `hello.md`. First a look at the workspace.\n\n');
  await showSteps(stage, STEPS, 0);
  await look(stage);
  await showSteps(stage, STEPS, 1);
  const written = await write(stage);
  await showSteps(stage, STEPS, 2);
  await stage.say(
    written
      ? 'Done: `hello.md` is written. Say `ask` again and I will add a line to it.'
      : 'All right, I left `hello.md` alone. Nothing was changed.',
  );
  await showSteps(stage, STEPS, 3);
}

/** Shows the plan with the steps before `current` completed; all of them when it is past the end. */
export async function showSteps(
  stage: Stage,
  steps: readonly string[],
  current: number,
): Promise<void> {
  const entries = steps.map((content, index): PlanEntry => {
    const status = index < current ? 'completed' : index === current ? 'in_progress' : 'pending';
    return { content, priority: 'medium', status };
  });
  await stage.show({ sessionUpdate: 'plan', entries });
}

async function look(stage: Stage): Promise<void> {
  const path = join(stage.cwd, 'README.md');
  const readme = await readFile(path, 'utf8').catch(() => undefined);
  const toolCallId = `look-${stage.sent.length}`;
  await stage.show({
    sessionUpdate: 'tool_call',
    toolCallId,
    title: readme === undefined ? 'List the workspace' : 'Read README.md',
    kind: readme === undefined ? 'search' : 'read',
    status: 'in_progress',
    locations: [{ path: readme === undefined ? stage.cwd : path }],
  });
  await stage.wait(150);
  const names = readme === undefined ? (await readdir(stage.cwd)).toSorted().slice(0, 20) : [];
  const text = readme?.slice(0, 500) ?? (names.join('\n') || '(empty)');
  await stage.show({
    sessionUpdate: 'tool_call_update',
    toolCallId,
    status: 'completed',
    content: [{ type: 'content', content: { type: 'text', text } }],
  });
  const title = readme?.split('\n').find((line) => line.trim() !== '');
  await stage.say(
    title === undefined
      ? `There is no README here, and ${names.length === 0 ? 'no other file' : `${names.length} other ${names.length === 1 ? 'file' : 'files'}`}.\n\n`
      : `The README begins with “${title.slice(0, 80)}”.\n\n`,
  );
}

/** True when it was written. */
async function write(stage: Stage): Promise<boolean> {
  const path = join(stage.cwd, 'hello.md');
  const oldText = await readFile(path, 'utf8').catch(() => null);
  const newText =
    oldText === null
      ? '# Hello\n\nThe example agent wrote this file, and asked first.\n'
      : `${oldText.trimEnd()}\n\nHello again!\n`;
  const toolCall = {
    toolCallId: `write-${stage.sent.length}`,
    title: 'Write hello.md',
    kind: 'edit',
    status: 'pending',
    content: [{ type: 'diff', path, oldText, newText }],
    locations: [{ path }],
  } as const satisfies ToolCallUpdate;
  await stage.show({
    sessionUpdate: 'tool_call',
    ...toolCall,
    content: [...toolCall.content],
    locations: [...toolCall.locations],
  });
  if (
    !(await allowed(stage, {
      ...toolCall,
      content: [...toolCall.content],
      locations: [...toolCall.locations],
    }))
  ) {
    await stage.show({
      sessionUpdate: 'tool_call_update',
      toolCallId: toolCall.toolCallId,
      status: 'failed',
    });
    return false;
  }
  await stage.show({
    sessionUpdate: 'tool_call_update',
    toolCallId: toolCall.toolCallId,
    status: 'in_progress',
  });
  await writeFile(path, newText);
  await stage.show({
    sessionUpdate: 'tool_call_update',
    toolCallId: toolCall.toolCallId,
    status: 'completed',
  });
  return true;
}

async function allowed(stage: Stage, toolCall: ToolCallUpdate): Promise<boolean> {
  if (stage.auto) return true;
  const outcome = await stage.askPermission(toolCall);
  if (outcome.outcome !== 'selected') throw new TurnCancelled();
  if (outcome.optionId === 'allow-session') await stage.becomeAuto();
  return outcome.optionId !== 'reject';
}
