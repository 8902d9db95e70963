/**
 * The wire and the SDK over one agent process, with what the agent reported, kept up to date in
 * wire order. Invariant: every call ends when the process does.
 */
import { client, methods, RequestError } from '@agentclientprotocol/sdk/unstable';
import type { AgentReport } from '../core/model/agent.ts';
import type { AgentHandlers, RawUpdate } from '../core/ports/agent.ts';
import { sleep } from '../core/ports/clock.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { AgentProcess } from '../core/ports/runtime.ts';
import { exitError, refusal } from './failures.ts';
import { readTextFile, writeTextFile } from './files.ts';
import { isObject } from './json.ts';
import type { JsonObject } from './json.ts';
import { asPermissionRequest } from './permission.ts';
import { createReplayState } from './replay.ts';
import { EMPTY_REPORT, withAnswer, withUpdate } from './report.ts';
import { createWire } from './wire.ts';

/**
 * Sends a request and gives the agent's raw answer. Rejects with AppError `agent_failed`: with a
 * RequestError as its cause when the agent refused, with the stderr tail when its process ended.
 */
export type AgentCall = (method: string, params: JsonObject) => Promise<unknown>;

export interface Link {
  readonly call: AgentCall;
  notify(method: string, params: JsonObject): void;
  /** Answers every open permission request with `cancelled`. */
  cancelPermissions(): void;
  /** Resolves when no update has come for a moment, at the latest after a second. */
  quiet(): Promise<void>;
  report(): AgentReport;
  changeReport(change: (report: AgentReport) => AgentReport): void;
}

export interface LinkDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a process may live on once it cannot be talked to any more (a closed pipe). */
const MUTE_MS = 2_000;
/** Gemini sends what is left of the history within 2 ms of its answer to session/load. */
const QUIET_MS = 50;
const QUIET_LOOKS = 20;

export function createLink(process: AgentProcess, handlers: AgentHandlers, deps: LinkDeps): Link {
  let report = EMPTY_REPORT;
  let updates = 0;
  const replay = createReplayState();
  const wire = createWire(
    { stdout: process.stdout, write: (bytes) => process.write(bytes) },
    {
      update(params) {
        const update = params['update'];
        if (!isUpdate(update)) {
          handlers.log('warn', 'A session/update without an update; ignored.');
          return;
        }
        updates += 1;
        handlers.update(update, replay.covers(update));
        const changed = withUpdate(report, update);
        if (changed === report) return;
        report = changed;
        handlers.report(report);
      },
      permission: async (params) => ({
        ...(await handlers.permission(asPermissionRequest(params))),
      }),
      answered(method, result) {
        replay.answered(method, result !== undefined);
        if (result !== undefined) report = withAnswer(report, method, result);
      },
      log: (level, message) => handlers.log(level, message),
    },
  );
  const sdk = clientApp(process.cwd).connect(wire.stream);
  void sdk.closed.then(async () => {
    const forget = deps.clock.after(MUTE_MS, () => void process.end());
    await process.exited;
    forget();
  });

  return {
    async call(method, params) {
      replay.asked(method);
      try {
        return await sdk.agent.request(method, params);
      } catch (error) {
        if (error instanceof RequestError) throw refusal(error, method, process.stderrTail());
        throw exitError(await process.exited, duringOf(method));
      }
    },
    notify(method, params) {
      sdk.agent.notify(method, params).catch((error: unknown) => {
        deps.logger.debug({ err: error, method }, 'An ACP notification could not be sent');
      });
    },
    cancelPermissions: () => wire.cancelPermissions(),
    async quiet() {
      for (let look = 0, seen = -1; look < QUIET_LOOKS && seen !== updates; look += 1) {
        seen = updates;
        await sleep(deps.clock, QUIET_MS);
      }
    },
    report: () => report,
    changeReport(change) {
      report = change(report);
    },
  };
}

/** What we serve to an agent. Everything else gets -32601 from the SDK. */
function clientApp(workspace: string): ReturnType<typeof client> {
  return client({ name: 'threadcast' })
    .onRequest(methods.client.fs.readTextFile, async ({ params }) => ({
      content: await readTextFile(workspace, params.path, params),
    }))
    .onRequest(methods.client.fs.writeTextFile, async ({ params }) => {
      await writeTextFile(workspace, params.path, params.content);
      return {};
    });
}

function duringOf(method: string): string {
  return method === 'session/prompt' ? 'in the middle of a turn' : `before it answered ${method}`;
}

function isUpdate(value: unknown): value is RawUpdate {
  return isObject(value) && typeof value['sessionUpdate'] === 'string';
}
