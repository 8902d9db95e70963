/** Is git there? Agents work in repositories. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Finding } from '../command.ts';

const run = promisify(execFile);

export async function checkGit(command: string): Promise<readonly Finding[]> {
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 5_000 });
    return [{ state: 'good', says: stdout.trim() }];
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return [
      {
        state: 'bad',
        says: `git does not start: ${why}.`,
        mend: 'Install git (Debian: apt-get install git) and see that it is on the PATH.',
      },
    ];
  }
}
