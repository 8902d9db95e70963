/** How people run a command of ours: in a clone through npm, from the package by its name. */

const isPackage = import.meta.url.includes('/node_modules/');

/** `login`, `setup slack --http` -> what to type for it. */
export function ownCommand(words: string): string {
  if (isPackage) return `threadcast ${words}`;
  if (words === 'start') return 'npm start';
  // npm would take options for its own.
  return `npm start ${words.includes(' --') ? '-- ' : ''}${words}`;
}
