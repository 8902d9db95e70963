import { describe, expect, it } from 'vitest';
import { configRequest } from '../../src/acp/config-options.ts';
import { EMPTY_REPORT, withAnswer, withUpdate } from '../../src/acp/report.ts';
import { recordedProcesses, recordingNames, RECORDINGS_DIR } from '../harness/recordings.ts';

/** What a recorded agent reported by the end of its handshake. */
function reportOf(name: string) {
  const [lines = []] = recordedProcesses(`${RECORDINGS_DIR}/${name}`);
  let report = EMPTY_REPORT;
  for (const { dir, msg } of lines) {
    if (dir === 'a2c' || msg.method === undefined) continue;
    const answer = lines.find(
      (line) => line.dir === 'a2c' && !line.msg.method && line.msg.id === msg.id,
    );
    report = withAnswer(report, msg.method, answer?.msg.result);
  }
  return report;
}

describe('the report of each recorded agent', () => {
  const names = recordingNames().filter((name) => name.split('.').length === 2);
  it('says what it is, what it can, and what can be set', () => {
    const summaries = names.map((name) => {
      const report = reportOf(name);
      return [
        `${report.title ?? report.name} ${report.version}`,
        `load ${report.canLoad} resume ${report.canResume} takes ${report.promptKinds.join('+')}`,
        `modes ${report.modes.length}, now ${report.currentModeId}`,
        ...report.configOptions.map(
          ({ id, type, currentValue, options }) =>
            `${id} (${type}) ${currentValue} of ${options.length}`,
        ),
      ].join('; ');
    });
    expect(summaries).toMatchInlineSnapshot(`
      [
        "Claude Agent 0.100.0; load true resume true takes image+resource; modes 4, now default; mode (select) default of 4; model (select) default of 5; effort (select) default of 6; fast (select) off of 2; ultracode (select) off of 2",
        "cline 3.0.65; load true resume false takes image; modes 2, now act; provider (select) openai-compatible of 3; model (select) gpt-4o of 1; mode (select) act of 2; auto_approve (boolean) false of 0",
        "Codex 2.6.0; load true resume true takes image+resource; modes 4, now read-only; mode (select) read-only of 4; collaboration_mode (select) default of 2; model (select) gpt-5.5 of 9; reasoning_effort (select) medium of 4; fast-mode (select) off of 2",
        "Copilot 1.0.102; load true resume false takes image+resource; modes 3, now https://agentclientprotocol.com/protocol/session-modes#agent; mode (select) https://agentclientprotocol.com/protocol/session-modes#agent of 3; allow_all (select) off of 2",
        "Gemini CLI 0.61.0; load true resume false takes image+audio+resource; modes 4, now default; model (legacy_model) gemini-2.5-pro of 6",
        "Kilo 7.7.7; load true resume true takes image+resource; modes 0, now undefined; model (select) stub/stub-model of 1; mode (select) code of 5",
        "OpenCode 1.18.33; load true resume true takes image+resource; modes 0, now undefined; model (select) stub/stub-model of 2; mode (select) build of 2",
        "pi ACP adapter 0.0.34; load true resume false takes image; modes 1, now off; model (select) stub/stub-model of 1; thought_level (select) off of 1",
      ]
    `);
  });

  it('offers a mode and a model to set wherever the agent has them, by whatever method it knows', () => {
    const methods = names.map((name) => {
      const report = reportOf(name);
      return [
        name,
        ...['mode', 'model'].map((id) => attempt(() => configRequest(report, id, 'v').method)),
      ].join(' ');
    });
    expect(methods).toMatchInlineSnapshot(`
      [
        "claude-agent-acp.ndjson session/set_config_option session/set_config_option",
        "cline.ndjson session/set_config_option session/set_config_option",
        "codex-acp.ndjson session/set_config_option session/set_config_option",
        "copilot.ndjson session/set_config_option This agent has no option "model". It offers: mode, allow_all.",
        "gemini.ndjson session/set_mode session/set_model",
        "kilocode.ndjson session/set_config_option session/set_config_option",
        "opencode.ndjson session/set_config_option session/set_config_option",
        "pi.ndjson session/set_mode session/set_config_option",
      ]
    `);
  });
});

function attempt(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}

describe('a report', () => {
  it('follows the mode and the options that the agent changes by itself', () => {
    const moded = withUpdate(EMPTY_REPORT, {
      sessionUpdate: 'current_mode_update',
      currentModeId: 'x',
    });
    expect(moded.currentModeId).toBe('x');
    const optioned = withUpdate(moded, {
      sessionUpdate: 'config_option_update',
      configOptions: [
        {
          id: 'level',
          type: 'select',
          currentValue: 'hi',
          options: [
            { group: 'g', name: 'G', options: [{ value: 'hi', name: 'High' }, { value: 'lo' }] },
          ],
        },
        { id: 'web', type: 'boolean', currentValue: true },
        { name: 'no id' },
        null,
      ],
    });
    expect(optioned.configOptions).toMatchObject([
      {
        id: 'level',
        options: [
          { value: 'hi', name: 'High' },
          { value: 'lo', name: 'lo' },
        ],
      },
      { id: 'web', currentValue: true, options: [] },
    ]);
    expect(configRequest(optioned, 'web', 'false').params).toEqual({
      configId: 'web',
      type: 'boolean',
      value: false,
    });
  });

  it('stays the same object for an update that says nothing of it', () => {
    expect(withUpdate(EMPTY_REPORT, { sessionUpdate: 'plan', entries: [] })).toBe(EMPTY_REPORT);
    expect(withUpdate(EMPTY_REPORT, { sessionUpdate: 'current_mode_update' })).toBe(EMPTY_REPORT);
  });

  it.each([
    null,
    7,
    [],
    {},
    { modes: 7, configOptions: 'x', models: [] },
    { modes: { availableModes: [1] } },
  ])('bears an answer as odd as %j', (answer) => {
    expect(withAnswer(EMPTY_REPORT, 'session/new', answer)).toMatchObject({
      modes: [],
      configOptions: [],
    });
    expect(withAnswer(EMPTY_REPORT, 'initialize', answer)).toMatchObject({ canLoad: false });
  });
});
