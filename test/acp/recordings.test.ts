import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContentBlock } from '../../src/core/model/content.ts';
import type { AgentPermissionRequest, PermissionAnswer } from '../../src/core/ports/agent.ts';
import { recordedProcesses, recordingNames, RECORDINGS_DIR } from '../harness/recordings.ts';
import type { RecordedLine } from '../harness/recordings.ts';
import { createWitness, openAgent, SCRIPTED_AGENT, startNode } from './agents.ts';

const PARTS_OF_A_TURN =
  /^(user_message_chunk|agent_message_chunk|agent_thought_chunk|tool_call|tool_call_update|plan)$/;

/** What the recorded client did after it had opened the session, in order. */
type Step =
  | { readonly do: 'prompt'; readonly content: ContentBlock[]; readonly stopReason: unknown }
  | { readonly do: 'answer'; readonly answer: PermissionAnswer }
  | { readonly do: 'cancel' };

describe.each(recordingNames())('the recorded wire %s', (name) => {
  const path = join(RECORDINGS_DIR, name);
  it.each(recordedProcesses(path).map((lines, part) => [part, lines] as const))(
    'comes through the connection complete, in order and unchanged (process %i)',
    async (part, lines) => {
      const steps = stepsOf(lines);
      const answers = steps.filter((step) => step.do === 'answer').map((step) => step.answer);
      const asked: AgentPermissionRequest[] = [];
      const cancels = steps.some((step) => step.do === 'cancel');
      const witness = createWitness(async (request) => {
        asked.push(request);
        if (cancels) cancel();
        else return answers[asked.length - 1] ?? { outcome: 'cancelled' };
        // Nobody decides any more: the connection itself must answer `cancelled`.
        return new Promise(() => undefined);
      });
      const process = await startNode([SCRIPTED_AGENT, path, String(part)]);
      const load = lines.find(({ msg }) => msg.method === 'session/load');
      const previous = load?.msg.params?.['sessionId'];
      const { connection, opened } = await openAgent(
        process,
        witness,
        typeof previous === 'string' ? previous : null,
      );
      const cancel = (): void => connection.cancel();

      const stopReasons: unknown[] = [];
      for (const step of steps) {
        if (step.do !== 'prompt') continue;
        stopReasons.push((await connection.prompt(step.content)).stopReason);
      }
      const exit = await connection.close();

      expect(exit).toMatchObject({ code: 0, stderrTail: '' });
      expect(opened.how).toBe(load === undefined ? 'new' : 'load');
      expect(opened.acpSessionId).toBe(sessionIdOf(lines));
      expect(stopReasons).toEqual(
        steps.flatMap((step) => (step.do === 'prompt' ? [step.stopReason] : [])),
      );
      expect(witness.updates).toEqual(updatesOf(lines).map(({ update }) => update));
      expect(witness.replayed).toEqual(updatesOf(lines).map(({ replay }) => replay));
      expect(asked.map(({ toolCall, options }) => ({ toolCall, options }))).toEqual(
        permissionsOf(lines),
      );
    },
  );
});

function stepsOf(lines: readonly RecordedLine[]): readonly Step[] {
  return lines.flatMap(({ dir, msg }): Step[] => {
    if (dir === 'a2c') return [];
    if (msg.method === 'session/cancel') return [{ do: 'cancel' }];
    if (msg.method === 'session/prompt') {
      const answer = lines.find(
        (line) => line.dir === 'a2c' && line.msg.method === undefined && line.msg.id === msg.id,
      );
      const content = msg.params?.['prompt'] as ContentBlock[];
      return [{ do: 'prompt', content, stopReason: answer?.msg.result?.['stopReason'] }];
    }
    const outcome = msg.result?.['outcome'];
    return outcome === undefined ? [] : [{ do: 'answer', answer: outcome as PermissionAnswer }];
  });
}

function updatesOf(
  lines: readonly RecordedLine[],
): readonly { readonly update: unknown; readonly replay: boolean }[] {
  let phase: 'live' | 'loading' | 'loaded' = 'live';
  let loadId: unknown;
  return lines.flatMap(({ dir, msg }) => {
    if (msg.method === 'session/load') {
      phase = 'loading';
      loadId = msg.id;
    } else if (msg.method === 'session/prompt') phase = 'live';
    else if (
      dir === 'a2c' &&
      msg.method === undefined &&
      phase === 'loading' &&
      msg.id === loadId
    ) {
      phase = 'loaded';
    }
    if (msg.method !== 'session/update') return [];
    const update = msg.params?.['update'] as { sessionUpdate: string };
    const replay =
      phase === 'loading' || (phase === 'loaded' && PARTS_OF_A_TURN.test(update.sessionUpdate));
    return [{ update, replay }];
  });
}

function permissionsOf(lines: readonly RecordedLine[]): readonly unknown[] {
  return lines
    .filter(({ msg }) => msg.method === 'session/request_permission')
    .map(({ msg }) => {
      const options = msg.params?.['options'] as Record<string, string>[];
      return {
        toolCall: msg.params?.['toolCall'],
        options: options.map(({ optionId, name, kind }) => ({ optionId, name, kind })),
      };
    });
}

function sessionIdOf(lines: readonly RecordedLine[]): unknown {
  const load = lines.find(({ msg }) => msg.method === 'session/load');
  if (load !== undefined) return load.msg.params?.['sessionId'];
  return lines.find(({ dir, msg }) => dir === 'a2c' && msg.result?.['sessionId'] !== undefined)?.msg
    .result?.['sessionId'];
}
