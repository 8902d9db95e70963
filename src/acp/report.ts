/**
 * What an agent says about itself -> AgentReport. Shapes that we do not know are left out, never
 * an error: the report only decides which controls people see.
 */
import type { AgentConfigOption, AgentMode, AgentReport } from '../core/model/agent.ts';
import { isObject, objectIn, objectsIn, textIn } from './json.ts';
import type { JsonObject } from './json.ts';

export const EMPTY_REPORT: AgentReport = {
  canLoad: false,
  canResume: false,
  promptKinds: [],
  modes: [],
  configOptions: [],
};

function reportOfInitialize(answer: unknown): AgentReport {
  const info = objectIn(answer, 'agentInfo');
  const can = objectIn(answer, 'agentCapabilities');
  const kinds = objectIn(can, 'promptCapabilities');
  return {
    ...EMPTY_REPORT,
    name: textIn(info, 'name'),
    title: textIn(info, 'title'),
    version: textIn(info, 'version'),
    canLoad: can?.['loadSession'] === true,
    canResume: objectIn(objectIn(can, 'sessionCapabilities'), 'resume') !== undefined,
    promptKinds: [
      ...(kinds?.['image'] === true ? (['image'] as const) : []),
      ...(kinds?.['audio'] === true ? (['audio'] as const) : []),
      ...(kinds?.['embeddedContext'] === true ? (['resource'] as const) : []),
    ],
  };
}

/** What the answer does not name stays as it was. */
function withSession(report: AgentReport, answer: unknown): AgentReport {
  const modes = objectIn(answer, 'modes');
  const options = configOptions(answer);
  return {
    ...report,
    ...(modes && {
      modes: objectsIn(modes, 'availableModes').flatMap(asMode),
      currentModeId: textIn(modes, 'currentModeId'),
    }),
    ...(options && { configOptions: options }),
  };
}

/** With the answer to any request; the same report for those that say nothing of it. */
export function withAnswer(report: AgentReport, method: string, result: unknown): AgentReport {
  switch (method) {
    case 'initialize':
      return reportOfInitialize(result);
    case 'session/new':
    case 'session/load':
    case 'session/resume':
    case 'session/set_config_option':
      return withSession(report, result);
    default:
      return report;
  }
}

/** With a session update, if it is one that changes the report; the same object otherwise. */
export function withUpdate(report: AgentReport, update: JsonObject): AgentReport {
  switch (update['sessionUpdate']) {
    case 'current_mode_update':
      return withMode(report, textIn(update, 'currentModeId') ?? textIn(update, 'modeId'));
    case 'config_option_update':
      return withSession(report, { configOptions: update['configOptions'] });
    default:
      return report;
  }
}

export function withMode(report: AgentReport, modeId: string | undefined): AgentReport {
  return modeId === undefined ? report : { ...report, currentModeId: modeId };
}

export function withOptionValue(report: AgentReport, id: string, value: string): AgentReport {
  return {
    ...report,
    configOptions: report.configOptions.map((option) =>
      option.id === id
        ? { ...option, currentValue: option.type === 'boolean' ? value === 'true' : value }
        : option,
    ),
  };
}

/** `type` of an option that we made of an agent's legacy `models`; set by `session/set_model`. */
export const LEGACY_MODEL = 'legacy_model';

function configOptions(answer: unknown): readonly AgentConfigOption[] | undefined {
  const offered = isObject(answer) && Array.isArray(answer['configOptions']);
  const options = objectsIn(answer, 'configOptions').flatMap(asOption);
  const models = objectIn(answer, 'models');
  if (models === undefined || options.some((option) => option.id === 'model')) {
    return offered ? options : undefined;
  }
  return [...options, legacyModelOption(models)];
}

function legacyModelOption(models: JsonObject): AgentConfigOption {
  return {
    id: 'model',
    name: 'Model',
    category: 'model',
    type: LEGACY_MODEL,
    currentValue: textIn(models, 'currentModelId'),
    options: objectsIn(models, 'availableModels').flatMap((model) => {
      const value = textIn(model, 'modelId');
      return value === undefined ? [] : [{ value, name: textIn(model, 'name') ?? value }];
    }),
  };
}

function asMode(mode: JsonObject): readonly AgentMode[] {
  const id = textIn(mode, 'id');
  if (id === undefined) return [];
  return [{ id, name: textIn(mode, 'name') ?? id, description: textIn(mode, 'description') }];
}

function asOption(option: JsonObject): readonly AgentConfigOption[] {
  const id = textIn(option, 'id');
  if (id === undefined) return [];
  const current = option['currentValue'];
  return [
    {
      id,
      name: textIn(option, 'name') ?? id,
      category: textIn(option, 'category'),
      type: textIn(option, 'type') ?? 'select',
      currentValue:
        typeof current === 'string' || typeof current === 'boolean' ? current : undefined,
      // Values may come in groups; the groups are only for the eye.
      options: objectsIn(option, 'options').flatMap((entry) => [
        ...asValue(entry),
        ...objectsIn(entry, 'options').flatMap(asValue),
      ]),
    },
  ];
}

function asValue(entry: JsonObject): readonly { readonly value: string; readonly name: string }[] {
  const value = textIn(entry, 'value');
  return value === undefined ? [] : [{ value, name: textIn(entry, 'name') ?? value }];
}
