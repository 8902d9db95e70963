/**
 * How to set a mode, a model or another option on this agent: `session/set_config_option` where it
 * offers options, else the older `session/set_mode` and `session/set_model`.
 */
import type { AgentReport } from '../core/model/agent.ts';
import { AppError } from '../core/model/errors.ts';
import type { JsonObject } from './json.ts';
import { LEGACY_MODEL, withMode, withOptionValue } from './report.ts';

export interface ConfigRequest {
  readonly method: string;
  /** Without `sessionId`. */
  readonly params: JsonObject;
  /** The report once the agent has agreed; its own answer may say more. */
  readonly after: (report: AgentReport) => AgentReport;
}

/** AppError `unprocessable` for an option that the agent does not offer. */
export function configRequest(report: AgentReport, id: string, value: string): ConfigRequest {
  const option =
    report.configOptions.find((candidate) => candidate.id === id) ??
    report.configOptions.find((candidate) => candidate.category === id);
  if (option?.type === LEGACY_MODEL) {
    return {
      method: 'session/set_model',
      params: { modelId: value },
      after: (now) => withOptionValue(now, option.id, value),
    };
  }
  if (option !== undefined) {
    return {
      method: 'session/set_config_option',
      params:
        option.type === 'boolean'
          ? { configId: option.id, type: 'boolean', value: value === 'true' }
          : { configId: option.id, value },
      after: (now) => {
        const set = withOptionValue(now, option.id, value);
        return option.category === 'mode' ? withMode(set, value) : set;
      },
    };
  }
  if (id === 'mode' && report.modes.length > 0) {
    return {
      method: 'session/set_mode',
      params: { modeId: value },
      after: (now) => withMode(now, value),
    };
  }
  const offered = report.configOptions.map((candidate) => candidate.id);
  if (report.modes.length > 0 && !offered.includes('mode')) offered.push('mode');
  const known = offered.length === 0 ? 'nothing to set' : offered.join(', ');
  throw new AppError('unprocessable', `This agent has no option "${id}". It offers: ${known}.`, {
    details: { field: 'id', offered },
  });
}
