/** What everything stands on: secrets, log, database. Composed like app.ts, and for it. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtinTemplates } from './acp/builtin-templates.ts';
import { secretsFor } from './config/agent-environment.ts';
import type { Config } from './config/config.ts';
import { readOrCreateAdminToken, readOrCreateServerKey } from './config/secrets.ts';
import { createLearningRedactor, secretsOf } from './core/access/redact.ts';
import { deriveId } from './core/model/ids.ts';
import { systemClock } from './core/ports/system-clock.ts';
import { redactedSessions } from './core/sessions/redacted-store.ts';
import { hashToken, mintToken } from './http/auth.ts';
import { createLogger } from './logging/logger.ts';
import { openStorage } from './storage/open.ts';
import type { Storage } from './storage/open.ts';

/** Of the same kind as this file: source, or built. */
const EXAMPLE_AGENT = fileURLToPath(
  new URL(`./example-agent/main${path.extname(import.meta.url)}`, import.meta.url),
);

/** The built-in agents, as they are launched here. */
export function templates() {
  return builtinTemplates({ nodePath: process.execPath, exampleAgentPath: EXAMPLE_AGENT });
}

export function storageOf(config: Config) {
  return { url: config.databaseUrl, dataDir: config.dataDir };
}

/** The admin token that lies in the data directory is valid, whichever database is used. */
async function syncAdminToken(storage: Storage, token: string): Promise<void> {
  const hash = hashToken(token);
  if (await storage.tokens.byHash(hash)) return;
  const id = await deriveId('k', `admin:${hash}`);
  const times = { createdAt: systemClock.now(), expiresAt: null, lastUsedAt: null };
  await storage.tokens.insert({ id, name: 'admin', scopes: ['admin'], ...times }, hash);
}

/** What everything stands on: secrets, log, database. */
export async function layFoundation(config: Config) {
  const serverKey = await readOrCreateServerKey(config.dataDir);
  const { token } = await readOrCreateAdminToken(config.dataDir, () => mintToken().token);
  const keys = secretsFor(templates().flatMap(({ passEnv }) => passEnv ?? []));
  const own = [token, Buffer.from(serverKey).toString('base64url'), ...keys];
  const redactor = createLearningRedactor(own);
  const { redact } = redactor;
  const pretty = process.stderr.isTTY;
  const logger = await createLogger({ level: config.logLevel, pretty, redact });
  const storage = await openStorage({ ...storageOf(config), clock: systemClock, logger });
  await syncAdminToken(storage, token);
  await storage.templates.syncManaged(templates());
  for (const { env, runtime } of await storage.templates.templates()) {
    redactor.learn([...secretsOf(env), ...secretsOf(runtime.env)]);
  }
  const sessions = redactedSessions(storage.sessions, redactor);
  return { config, serverKey, logger, redactor, redact, storage: { ...storage, sessions } };
}

export type Foundation = Awaited<ReturnType<typeof layFoundation>>;
