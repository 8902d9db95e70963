/**
 * A thread as a person sees it, in plain text: who says what, buttons in brackets, reactions below,
 * ephemeral messages marked with the only one who sees them.
 */
import { isJson } from './arguments.ts';
import type { Json, SlackMessage, SlackState } from './state.ts';

const list = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter(isJson) : [];

const textIn = (value: unknown): string =>
  isJson(value) && typeof value.text === 'string' ? value.text : '';

function elementText(element: Json): string {
  if (element.type === 'button') {
    const mark = element.style === 'primary' ? '*' : element.style === 'danger' ? '!' : '';
    const link = typeof element.url === 'string' ? ` -> ${element.url}` : '';
    return `[${textIn(element.text)}${mark}${link}]`;
  }
  if (element.type === 'mrkdwn' || element.type === 'plain_text')
    return textIn(element) || String(element.text);
  const options = list(element.options).map((option) => textIn(option.text));
  return options.length > 0 ? `<${options.join(' | ')}>` : `<${String(element.type)}>`;
}

/** Text anywhere below, for kinds of block that have no better reading. */
function deepText(value: unknown): string {
  if (Array.isArray(value)) return value.map(deepText).filter(Boolean).join(' ');
  if (!isJson(value)) return '';
  if (typeof value.text === 'string') return value.text;
  return Object.values(value).map(deepText).filter(Boolean).join(' ');
}

const TASK_MARKS: Readonly<Record<string, string>> = {
  pending: '[ ]',
  in_progress: '[~]',
  complete: '[x]',
  error: '[!]',
};

function taskText(task: Json): string {
  const mark = TASK_MARKS[String(task.status)] ?? '[ ]';
  const title = typeof task.title === 'string' ? task.title : textIn(task.title);
  const more = [task.details, task.output].map(deepText).filter(Boolean).join(' · ');
  return `${mark} ${title}${more === '' ? '' : ` (${more})`}`;
}

function blockText(block: Json): string {
  switch (block.type) {
    case 'divider':
      return '---';
    case 'header':
      return `# ${textIn(block.text)}`;
    case 'section': {
      const fields = list(block.fields).map(textIn);
      const accessory = isJson(block.accessory) ? ` ${elementText(block.accessory)}` : '';
      return [textIn(block.text), ...fields].filter(Boolean).join('\n') + accessory;
    }
    case 'markdown':
      return String(block.text);
    case 'actions':
    case 'context_actions':
      return list(block.elements).map(elementText).join(' ');
    case 'context':
      return `(${list(block.elements).map(elementText).join(' · ')})`;
    case 'task_card':
      return taskText(block);
    case 'plan': {
      const title = typeof block.title === 'string' ? block.title : textIn(block.title);
      return [title, ...list(block.tasks).map(taskText)].filter(Boolean).join('\n');
    }
    case 'container': {
      const inside = list(block.child_blocks).map(blockText).join('\n');
      return `▸ ${deepText(block.title)}\n${indent(inside)}`;
    }
    default:
      return deepText(block);
  }
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');

/** The message's body as people read it: its blocks, or its text when it has none. */
export function messageText(message: SlackMessage): string {
  const parts: string[] = [];
  if (message.stream !== null) {
    const { planTitle, tasks } = message.stream;
    if (planTitle !== null) parts.push(planTitle);
    for (const task of tasks.values()) parts.push(taskText({ ...task }));
    if (message.text !== '') parts.push(message.text);
  }
  parts.push(...message.blocks.map(blockText));
  if (message.stream === null && message.blocks.length === 0) parts.push(message.text);
  return parts.join('\n');
}

/** Ids as names, entities as characters. */
function humane(state: SlackState, text: string): string {
  return text
    .replace(/<@([A-Z0-9]+)>/g, (_all, id: string) => `@${state.users.get(id)?.name ?? id}`)
    .replace(
      /<#([A-Z0-9]+)(\|[^>]*)?>/g,
      (_all, id: string) => `#${state.channels.get(id)?.name ?? id}`,
    )
    .replace(/<((?:https?|mailto):[^|>]+)\|([^>]+)>/g, '$2 ($1)')
    .replace(/<((?:https?|mailto):[^|>]+)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** `viewer` null: everybody's view; ephemeral messages are shown with the name of who sees them. */
export function visibleThread(
  state: SlackState,
  messages: readonly SlackMessage[],
  viewer: string | null,
): string {
  return messages
    .filter(
      (each) =>
        !each.deleted && (viewer === null || each.onlyFor === null || each.onlyFor === viewer),
    )
    .map((each) => {
      const who = state.users.get(each.user)?.name ?? each.user;
      const only =
        each.onlyFor === null ? '' : ` (only ${state.users.get(each.onlyFor)?.name} sees this)`;
      const live = each.stream?.state === 'live' ? ' (streaming)' : '';
      const edited = each.edited !== null && !each.byApp ? ' (edited)' : '';
      const body = indent(humane(state, messageText(each)));
      const reactions = [...each.reactions]
        .map(([name, users]) => `:${name}: ${users.size}`)
        .join(' ');
      const below = reactions === '' ? '' : `\n  ${reactions}`;
      return `${who}${only}${live}${edited}\n${body}${below}`;
    })
    .join('\n');
}
