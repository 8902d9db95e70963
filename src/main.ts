#!/usr/bin/env node
/**
 * Process entry: configuration -> command line -> (for most commands) the program, through cli-services.ts.
 * The program is loaded only by a command that needs it, so that --help and a wrong setting answer
 * at once.
 */
import './compile-cache.js';

const { askHidden } = await import('./cli/ask.ts');
const { readConfig } = await import('./config/config.ts');
const { configurationHelp } = await import('./config/help.ts');
const { readVersion } = await import('./config/version.ts');
const { run } = await import('./cli/run.ts');

// A command is over when it says so: what it waits for may be a timer of the Clock alone (a server
// that stops while a message waits for its budget), and those keep no process up.
setInterval(() => {}, 60_000);

const result = readConfig();
const code = await run(process.argv.slice(2), {
  version: readVersion(),
  nodeVersion: process.versions.node,
  cwd: process.cwd(),
  settingsHelp: configurationHelp(),
  setup: result.ok
    ? {
        ...result,
        services: async () => (await import('./cli-services.ts')).createServices(result.config),
      }
    : result,
  out: (text) => console.log(text),
  err: (text) => console.error(text),
  ask: (question) => askHidden(question),
  exit: (status) => process.exit(status),
});
process.exit(code);
