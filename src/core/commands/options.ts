/** Inline options (`agent=codex repo=o/n …`): only before the free text, each once. */
import type { PromptOptions } from './command.ts';

type Key = keyof PromptOptions;

const OPTION = /\s*(repo|branch|agent|model|mode)=(\S*)\s*/iy;

const SHAPES: Readonly<Record<Key, { readonly pattern: RegExp; readonly hint: string }>> = {
  repo: { pattern: /^[\w.-]{1,100}\/[\w.-]{1,100}$/, hint: '`repo=owner/name`' },
  branch: {
    pattern: /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{))[^\p{Cc}\s~^:?*[\\]{1,200}(?<![./])$/u,
    hint: '`branch=` and the name of a git branch',
  },
  agent: { pattern: /^[\w.:@/-]{1,128}$/, hint: '`agent=` and the name of an agent' },
  model: { pattern: /^\S{1,256}$/, hint: '`model=` and the id of a model' },
  mode: { pattern: /^\S{1,256}$/, hint: '`mode=` and the id of a mode' },
};

/** `text`: what follows the options, untouched when there are none. */
export function readOptions(
  text: string,
): { readonly options: PromptOptions; readonly text: string } | { readonly error: string } {
  const options: { -readonly [K in Key]?: string } = {};
  let at = 0;
  OPTION.lastIndex = 0;
  for (let found = OPTION.exec(text); found !== null; found = OPTION.exec(text)) {
    const key = keyOf(found[1] ?? '');
    const value = found[2] ?? '';
    if (options[key] !== undefined) return { error: `\`${key}=\` is given twice; write it once.` };
    const shape = SHAPES[key];
    if (!shape.pattern.test(value)) {
      return { error: `I cannot read the option \`${key}\`. Write ${shape.hint}, without spaces.` };
    }
    options[key] = value;
    at = OPTION.lastIndex;
  }
  return { options, text: text.slice(at) };
}

function keyOf(word: string): Key {
  const key = word.toLowerCase();
  return key === 'repo' || key === 'branch' || key === 'agent' || key === 'model' ? key : 'mode';
}
