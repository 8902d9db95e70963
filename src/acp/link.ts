/**
 * The wire, the SDK and the intake over one agent process. Invariant: every call ends when the
 * process does.
 */
import { client, methods, RequestError } from '@agentclientprotocol/sdk/unstable';
import type { AgentReport } from '../core/model/agent.ts';
import type { AgentHandlers } from '../core/ports/agent.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { AgentProcess } from '../core/ports/runtime.ts';
import { exitError, refusal } from './failures.ts';
import { readTextFile, writeTextFile } from './files.ts';
import type { JsonObject } from './json.ts';
import { createIntake } from './intake.ts';
import { createWire } from './wire.ts';

/**
 * Sends a request and gives the agent's raw answer. Rejects with AppError `agent_failed`: with a
 * RequestError as its cause when the agent refused, with the stderr tail when its process ended.
 */
export type AgentCall = (method: string, params: JsonObject) => Promise<unknown>;

export interface Link {
  readonly call: AgentCall;
  /** Resolves once it was sent, or cannot be. Never rejects. */
  notify(method: string, params: JsonObject): Promise<void>;
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

export function createLink(process: AgentProcess, handlers: AgentHandlers, deps: LinkDeps): Link {
  const intake = createIntake(handlers);
  const wire = createWire(
    { stdout: process.stdout, write: (bytes) => process.write(bytes) },
    intake.wireHandlers,
  );
  const sdk = clientApp(process.cwd).connect(wire.stream);
  void sdk.closed.then(async () => {
    const forget = deps.clock.after(MUTE_MS, () => void process.end());
    await process.exited;
    forget();
  });

  return {
    async call(method, params) {
      intake.asked(method);
      try {
        return await sdk.agent.request(method, params);
      } catch (error) {
        if (error instanceof RequestError) throw refusal(error, method, process.stderrTail());
        throw exitError(await process.exited, duringOf(method));
      }
    },
    async notify(method, params) {
      try {
        await sdk.agent.notify(method, params);
      } catch (error) {
        deps.logger.debug({ err: error, method }, 'An ACP notification could not be sent');
      }
    },
    cancelPermissions: wire.cancelPermissions,
    quiet: intake.quiet,
    report: intake.report,
    changeReport: intake.changeReport,
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
