/**
 * What comes from the agent, in wire order: updates and permission requests go to core, and what
 * they say about the agent itself is folded into its report. All synchronous, so the report is
 * never behind an update that core has seen.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentReport } from '../core/model/agent.ts';
import type { AgentHandlers, RawUpdate } from '../core/ports/agent.ts';
import { isObject } from './json.ts';
import { asPermissionRequest } from './permission.ts';
import { createReplayState } from './replay.ts';
import { EMPTY_REPORT, withAnswer, withUpdate } from './report.ts';
import type { WireHandlers } from './wire.ts';

/** Gemini sends what is left of the history within 2 ms of its answer to session/load. */
const QUIET_MS = 50;
const QUIET_LOOKS = 20;

export interface Intake {
  readonly wireHandlers: WireHandlers;
  /** A request is about to be sent. */
  asked(method: string): void;
  /** Resolves when no update has come for a moment, at the latest after a second. */
  quiet(): Promise<void>;
  report(): AgentReport;
  changeReport(change: (report: AgentReport) => AgentReport): void;
}

export function createIntake(handlers: AgentHandlers): Intake {
  let report = EMPTY_REPORT;
  let updates = 0;
  const replay = createReplayState();

  return {
    wireHandlers: {
      update(params) {
        const update = params['update'];
        if (!isUpdate(update)) {
          handlers.log('warn', 'The agent sent a session/update without an update; ignored.');
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
    asked: (method) => replay.asked(method),
    async quiet() {
      for (let look = 0, seen = -1; look < QUIET_LOOKS && seen !== updates; look += 1) {
        seen = updates;
        await pause(QUIET_MS);
      }
    },
    report: () => report,
    changeReport(change) {
      report = change(report);
    },
  };
}

function isUpdate(value: unknown): value is RawUpdate {
  return isObject(value) && typeof value['sessionUpdate'] === 'string';
}
