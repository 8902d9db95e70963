/**
 * What the commands of `threadcast` get from the program: composed like app.ts, and loaded only by
 * a command that needs it.
 */
import path from 'node:path';
import { checkTemplate } from './acp/builtin-templates.ts';
import { createApp, purposeKey, storageOf, templates } from './app.ts';
import type { CliServices, Finding } from './cli/command.ts';
import { environmentFor, searchPath } from './config/agent-environment.ts';
import type { Config } from './config/config.ts';
import { readOrCreateServerKey } from './config/secrets.ts';
import { isAppError } from './core/model/errors.ts';
import { systemClock } from './core/ports/system-clock.ts';
import { urlOf } from './http/server.ts';
import { createLogger } from './logging/logger.ts';
import { findCommand } from './runtimes/local/find-command.ts';
import { openStorage } from './storage/open.ts';
import { createLogin } from './web/login.ts';

export function createServices(config: Config): CliServices {
  return {
    createApp: async () => createApp(config),
    async agents() {
      const PATH = `${path.dirname(process.execPath)}${path.delimiter}${searchPath()}`;
      return templates().map((template) => {
        const known = environmentFor(template.passEnv ?? []);
        const find = (command: string): boolean => findCommand(command, PATH);
        const { missing } = checkTemplate(template, known, find);
        return { id: template.id, name: template.name, missing };
      });
    },
    diagnose: () => diagnose(config),
    async loginLink() {
      const key = purposeKey(await readOrCreateServerKey(config.dataDir), 'login');
      const url = config.publicUrl ?? urlOf(config.host, config.port);
      return createLogin({ key, clock: systemClock }).mintLink(url);
    },
  };
}

async function diagnose(config: Config): Promise<readonly Finding[]> {
  const logger = await createLogger({ level: 'silent', pretty: false });
  try {
    const storage = await openStorage({ ...storageOf(config), clock: systemClock, logger });
    const { kind } = storage;
    await storage.close();
    return [
      { state: 'good', says: `The database (${kind}) opens, and its tables are up to date.` },
    ];
  } catch (error) {
    if (isAppError(error, 'conflict')) return [{ state: 'note', says: error.message }];
    const says = isAppError(error) ? error.message : 'The database could not be opened.';
    const mend = 'Correct DATABASE_URL, or start that database, and look again.';
    return [{ state: 'bad', says, mend }];
  }
}
