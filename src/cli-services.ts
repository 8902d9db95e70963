/**
 * What the commands of `threadcast` get from the program: composed like app.ts, and loaded only by
 * a command that needs it.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkTemplate } from './acp/builtin-templates.ts';
import { createApp } from './app.ts';
import type { CliServices } from './cli/command.ts';
import { environmentFor, searchPath } from './config/agent-environment.ts';
import type { Config } from './config/config.ts';
import { purposeKey, readOrCreateServerKey, serverKeyPath } from './config/secrets.ts';
import { AppError } from './core/model/errors.ts';
import { systemClock } from './core/ports/system-clock.ts';
import { urlOf } from './http/server.ts';
import { createLogger } from './logging/logger.ts';
import { storageOf, templates } from './foundation.ts';
import { findCommand } from './runtimes/local/find-command.ts';
import { inspectInstallations, inspectStorage } from './storage/inspect.ts';
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
    async inspectDatabase() {
      const logger = await createLogger({ level: 'silent', pretty: false });
      return inspectStorage({ ...storageOf(config), logger });
    },
    async slackWorkspaces() {
      const logger = await createLogger({ level: 'silent', pretty: false });
      return inspectInstallations('slack', { ...storageOf(config), logger });
    },
    async loginLink() {
      if (!existsSync(serverKeyPath(config.dataDir))) throw foreignDirectory(config.dataDir);
      const key = purposeKey(await readOrCreateServerKey(config.dataDir), 'login');
      const url = config.publicUrl ?? urlOf(config.host, config.port);
      return createLogin({ key, clock: systemClock }).mintLink(url);
    },
  };
}

function foreignDirectory(dataDir: string): AppError {
  return new AppError(
    'conflict',
    `No server has run with the data directory ${dataDir}. Set THREADCAST_DATA_DIR as the running one has it.`,
  );
}
