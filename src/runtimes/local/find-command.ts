/** Whether a command could be started here: an executable file, absolute or on the PATH. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

export function findCommand(command: string, searchPath: string): boolean {
  const places = path.isAbsolute(command)
    ? [command]
    : searchPath.split(path.delimiter).map((directory) => path.join(directory, command));
  return places.some(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
