import { describe, expect, it } from 'vitest';
import type { NewEvent, SessionEventType } from '../../../src/core/model/events.ts';
import type { Transcript, TurnView } from '../../../src/core/model/transcript.ts';
import { createFolder, emptyTranscript, fold } from '../../../src/core/transcript/fold.ts';
import { turnText } from '../../../src/core/transcript/text.ts';
import { eventLog, PERSON } from '../../harness/transcript-events.ts';

type Data<T extends SessionEventType> = Extract<NewEvent, { type: T }>['data'];

/** A session in a few words. */
function story() {
  const log = eventLog();
  const folder = createFolder();
  const add = (event: NewEvent): void => folder.push(log.add(event));
  const transcript = (): Transcript => folder.view();
  return {
    log,
    add,
    transcript,
    turn: (id: string): TurnView => {
      const found = [...transcript().turns.values()].find((turn) => turn.promptId === id);
      if (found === undefined) throw new Error(`no turn ${id}`);
      return found;
    },
    queued: (promptId: string, text = 'do it') =>
      add({ type: 'prompt.queued', data: { promptId, text, actor: PERSON } }),
    started: (promptId: string) => add({ type: 'prompt.started', data: { promptId } }),
    running(promptId: string): void {
      this.queued(promptId);
      this.started(promptId);
    },
    ended: (promptId: string, stopReason = 'end_turn', error?: string) =>
      add({ type: 'turn.ended', data: { promptId, stopReason, error } }),
    update: (update: Data<'update'>['update'], promptId?: string, replay?: boolean) =>
      add({ type: 'update', data: { promptId, replay, update } }),
    says: (text: string, messageId?: string) =>
      add({
        type: 'update',
        data: {
          update: {
            sessionUpdate: 'agent_message_chunk',
            messageId,
            content: { type: 'text', text },
          },
        },
      }),
    asks: (requestId: string, toolCallId: string, promptId: string | null = null, toolCall = {}) =>
      add({
        type: 'permission.requested',
        data: {
          requestId,
          promptId,
          code: 'k1',
          toolCallId,
          title: 'Write a.txt',
          kind: 'edit',
          toolCall,
          options: [{ optionId: 'yes', name: 'Allow', kind: 'allow_once' }],
          expiresAt: 99,
        },
      }),
    resolved: (requestId: string, data: Partial<Data<'permission.resolved'>> = {}) =>
      add({
        type: 'permission.resolved',
        data: { requestId, outcome: 'selected', optionId: 'yes', by: PERSON, ...data },
      }),
  };
}

describe('the state of a turn', () => {
  it('goes from queued over preparing to working, and is done at end_turn', () => {
    const s = story();
    const seen: string[] = [];
    const look = (): unknown => seen.push(s.turn('p_1').state);
    s.queued('p_1');
    look();
    s.started('p_1');
    look();
    s.says('hello');
    look();
    s.ended('p_1');
    look();
    expect(seen).toEqual(['queued', 'preparing', 'working', 'done']);
    expect(s.turn('p_1')).toMatchObject({ queuedAt: 1, startedAt: 2, endedAt: 4, lastEventAt: 4 });
  });

  it('is preparing again while the environment is set up anew', () => {
    const s = story();
    s.running('p_1');
    s.says('hello');
    s.add({ type: 'span.environment_setup_start', data: { runtime: 'local' } });
    expect(s.turn('p_1').state).toBe('preparing');
    s.says(' again');
    expect(s.turn('p_1').state).toBe('working');
    s.ended('p_1');
    s.add({ type: 'span.environment_setup_start', data: { runtime: 'local' } });
    expect(s.turn('p_1').state).toBe('done');
  });

  it('is waiting as long as one of its permissions is pending', () => {
    const s = story();
    s.running('p_1');
    s.asks('r_1', 't1', 'p_1');
    s.asks('r_2', 't2', 'p_1');
    expect(s.turn('p_1').state).toBe('waiting');
    s.resolved('r_1');
    expect(s.turn('p_1').state).toBe('waiting');
    s.resolved('r_2', { outcome: 'expired', optionId: undefined });
    expect(s.turn('p_1').state).toBe('working');
  });

  it.each([
    ['cancelled', undefined, 'stopped'],
    ['failed', 'It broke.', 'failed'],
    ['interrupted', undefined, 'interrupted'],
    ['end_turn', 'The model is down.', 'failed'],
    ['max_tokens', undefined, 'done'],
    ['something_new', undefined, 'done'],
  ])('after stop reason %s with error %s is %s', (stopReason, error, state) => {
    const s = story();
    s.running('p_1');
    s.ended('p_1', stopReason, error);
    expect(s.turn('p_1')).toMatchObject({ state, stopReason, reason: error ?? null });
  });
});

describe('the queue', () => {
  const positions = (s: ReturnType<typeof story>): unknown =>
    Object.fromEntries([...s.transcript().turns].map(([id, turn]) => [id, turn.position]));

  it('counts from 1 and moves up as prompts start and are cancelled', () => {
    const s = story();
    for (const id of ['p_1', 'p_2', 'p_3', 'p_4']) s.queued(id);
    expect(positions(s)).toEqual({ p_1: 1, p_2: 2, p_3: 3, p_4: 4 });
    s.started('p_1');
    expect(positions(s)).toEqual({ p_1: null, p_2: 1, p_3: 2, p_4: 3 });
    s.add({ type: 'prompt.cancelled', data: { promptId: 'p_2', by: PERSON } });
    expect(positions(s)).toEqual({ p_1: null, p_2: null, p_3: 1, p_4: 2 });
    expect(s.turn('p_2')).toMatchObject({ state: 'cancelled', stopReason: null });
  });

  it('takes order and edited text from queue.updated, and leaves out what is not waiting', () => {
    const s = story();
    for (const id of ['p_1', 'p_2', 'p_3']) s.queued(id);
    s.started('p_1');
    const item = (promptId: string, position: number, text = 'do it') => ({
      promptId,
      text,
      position,
    });
    s.add({
      type: 'queue.updated',
      data: { items: [item('p_3', 1, 'edited'), item('p_2', 2), item('p_1', 3), item('p_9', 4)] },
    });
    expect(s.transcript().queue).toEqual(['p_3', 'p_2']);
    expect(positions(s)).toEqual({ p_1: null, p_2: 2, p_3: 1 });
    expect(s.turn('p_3').text).toBe('edited');
  });

  it('says when it is paused', () => {
    const s = story();
    s.add({ type: 'queue.paused', data: { by: PERSON } });
    expect(s.transcript().queuePaused).toBe(true);
    s.add({ type: 'queue.resumed', data: { by: PERSON } });
    expect(s.transcript().queuePaused).toBe(false);
  });
});

describe('messages', () => {
  const parts = (s: ReturnType<typeof story>): unknown =>
    s.turn('p_1').parts.map((part) => (part.type === 'tool_call' ? part.toolCallId : part.text));
  const call = (toolCallId: string) => ({ sessionUpdate: 'tool_call', toolCallId, title: 'T' });

  it('grow while no id is given and nothing comes between', () => {
    const s = story();
    s.running('p_1');
    s.says('one ');
    s.says('two');
    s.says('');
    s.update(call('t1'));
    s.update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', status: 'completed' });
    s.says('three');
    expect(parts(s)).toEqual(['one two', 't1', 'three']);
    expect(turnText(s.turn('p_1'))).toBe('one two\n\nthree');
  });

  it('with the same id are one message wherever the chunks come', () => {
    const s = story();
    s.running('p_1');
    s.says('a1 ', 'a');
    s.says('b1 ', 'b');
    s.says('a2', 'a');
    s.says('loose');
    expect(parts(s)).toEqual(['a1 a2', 'b1 ', 'loose']);
    // Also when a new reader goes on from the transcript.
    const event = s.log.add({
      type: 'update',
      data: {
        update: {
          sessionUpdate: 'agent_message_chunk',
          messageId: 'b',
          content: { type: 'text', text: 'b2' },
        },
      },
    });
    const next = fold(s.transcript(), event);
    expect(turnText([...next.turns.values()][0] ?? { parts: [] })).toBe('a1 a2\n\nb1 b2\n\nloose');
  });

  it('keep thoughts apart, and name content that is no text', () => {
    const s = story();
    s.running('p_1');
    const chunk = (sessionUpdate: string, content: object): void =>
      s.update({ sessionUpdate, content });
    chunk('agent_thought_chunk', { type: 'text', text: 'hm' });
    chunk('agent_thought_chunk', { type: 'image', mimeType: 'image/png' });
    chunk('agent_message_chunk', { type: 'resource_link', uri: 'file:///a', name: 'a' });
    chunk('agent_message_chunk', { type: 'image', mimeType: 'image/png', data: '' });
    chunk('agent_message_chunk', { type: 'resource', resource: { uri: 'file:///b' } });
    chunk('agent_message_chunk', {});
    expect(s.turn('p_1').parts).toEqual([
      { type: 'thought', messageId: null, text: 'hm' },
      { type: 'message', messageId: null, text: '[a](file:///a)' },
      { type: 'notice', text: 'The agent sent image (image/png).' },
      { type: 'notice', text: 'The agent sent resource (file:///b).' },
      { type: 'notice', text: 'The agent sent content.' },
    ]);
  });

  it('of the user, of replayed history and of unknown kinds are not shown', () => {
    const s = story();
    s.says('before any turn');
    s.running('p_1');
    const content = { type: 'text', text: 'x' };
    s.update({ sessionUpdate: 'user_message_chunk', content });
    s.update({ sessionUpdate: 'hologram', content });
    s.update({ sessionUpdate: 'agent_message_chunk', content }, 'p_1', true);
    s.update({ sessionUpdate: 'notice' });
    expect(s.turn('p_1').parts).toEqual([]);
    expect(s.turn('p_1').state).toBe('preparing');
  });

  it('that come after the end go to the turn that they name, or to the latest', () => {
    const s = story();
    s.running('p_1');
    s.ended('p_1');
    s.says('late');
    s.running('p_2');
    s.update(
      { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: ' later' } },
      'p_1',
    );
    expect(turnText(s.turn('p_1'))).toBe('late later');
    expect(s.turn('p_1').state).toBe('done');
    expect(s.turn('p_2').parts).toEqual([]);
  });
});

describe('plan, notices, usage and what belongs to the session', () => {
  it('replaces the plan as a whole', () => {
    const s = story();
    s.running('p_1');
    const plan = (...entries: object[]): void => s.update({ sessionUpdate: 'plan', entries });
    plan({ content: 'a', status: 'pending', priority: 'high' }, { content: 'b' }, { status: 'x' });
    expect(s.turn('p_1').plan).toEqual([
      { content: 'a', status: 'pending', priority: 'high' },
      { content: 'b', status: 'pending', priority: undefined },
    ]);
    plan({ content: 'c', status: 'completed' });
    expect(s.turn('p_1').plan.map((entry) => entry.content)).toEqual(['c']);
  });

  it('keeps title, commands, mode and usage, also from a replay', () => {
    const s = story();
    s.add({ type: 'session.created', data: { agentName: 'Codex', agentTemplateId: null } });
    s.update({ sessionUpdate: 'session_info_update', title: 'A title' }, undefined, true);
    s.update({ sessionUpdate: 'session_info_update', updatedAt: 'now' });
    s.update({
      sessionUpdate: 'available_commands_update',
      availableCommands: [{ name: 'plan', description: 'Plans.' }, { name: 'x' }, {}],
    });
    s.update({ sessionUpdate: 'current_mode_update', currentModeId: 'https://x/mode' });
    s.running('p_1');
    s.update({
      sessionUpdate: 'usage_update',
      used: 1,
      size: 2,
      cost: { amount: 3, currency: '€' },
    });
    expect(s.transcript()).toMatchObject({
      agentName: 'Codex',
      title: 'A title',
      agentCommands: [
        { name: 'plan', description: 'Plans.' },
        { name: 'x', description: '' },
      ],
      currentModeId: 'https://x/mode',
      usage: { used: 1, size: 2, cost: { amount: 3, currency: '€' } },
    });
    expect(s.turn('p_1').usage).toEqual(s.transcript().usage);
    s.update({
      sessionUpdate: 'config_option_update',
      configOptions: [{ id: 'm', category: 'mode', currentValue: 'act' }],
    });
    s.update({ sessionUpdate: 'config_option_update', configOptions: [] });
    s.update({ sessionUpdate: 'current_mode_update' });
    s.update({ sessionUpdate: 'usage_update', used: 'many', cost: 7 });
    expect(s.transcript()).toMatchObject({ currentModeId: 'act', usage: { used: undefined } });
  });

  it('shows a notice, and says when the session ends and goes on', () => {
    const s = story();
    s.running('p_1');
    s.update({ sessionUpdate: 'notice', severity: 'warning', title: 'Slow', description: 'Wait.' });
    expect(s.turn('p_1').parts).toEqual([{ type: 'notice', text: 'Slow\nWait.' }]);
    s.add({ type: 'session.terminated', data: { reason: 'terminated' } });
    expect(s.transcript().ended).toBe(true);
    s.add({ type: 'session.resumed', data: { by: PERSON } });
    expect(s.transcript().ended).toBe(false);
  });
});

describe('permission requests', () => {
  it('come before their tool call, and keep what is known of it', () => {
    const s = story();
    s.running('p_1');
    s.asks('r_1', 't1', null, { content: [{ type: 'diff', path: 'a', newText: 'x' }] });
    const diff = { type: 'diff', path: 'a', oldText: null, newText: 'x' };
    expect(s.turn('p_1').toolCalls.get('t1')).toMatchObject({ kind: 'edit', content: [diff] });
    s.asks('r_2', 't1', 'p_1');
    const [first, second] = [...s.transcript().permissions.values()];
    expect(first).toMatchObject({ promptId: 'p_1', outcome: null });
    expect(second?.toolCall).toMatchObject({ title: 'Write a.txt', content: [diff] });
  });

  it('show the first answer, with the option as it was offered', () => {
    const s = story();
    s.running('p_1');
    s.asks('r_1', 't1');
    s.asks('r_1', 't9');
    s.resolved('r_1', { rule: 'allow edit' });
    s.resolved('r_1', { outcome: 'cancelled' });
    s.resolved('r_9');
    const [view, ...others] = [...s.transcript().permissions.values()];
    expect(others).toEqual([]);
    expect(view?.outcome).toEqual({
      kind: 'selected',
      option: { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
      by: PERSON,
      at: 5,
      rule: 'allow edit',
    });
  });

  it('name an option that was not offered by what the answer says', () => {
    const s = story();
    s.asks('r_1', 't1');
    s.resolved('r_1', { optionId: 'odd' });
    const [view] = [...s.transcript().permissions.values()];
    expect(view).toMatchObject({ promptId: null, outcome: { option: { name: 'odd', kind: '' } } });
  });

  it('of an ended turn do not wake it, and waiting survives going on from a transcript', () => {
    const s = story();
    s.running('p_1');
    s.asks('r_1', 't1');
    const waiting = s.transcript();
    const answer = s.log.add({
      type: 'permission.resolved',
      data: { requestId: 'r_1', outcome: 'selected', optionId: 'yes', by: PERSON },
    });
    expect([...fold(waiting, answer).turns.values()][0]?.state).toBe('working');
    const other = story();
    other.running('p_1');
    other.ended('p_1');
    other.asks('r_1', 't1');
    expect(other.turn('p_1').state).toBe('done');
    expect(other.turn('p_1').toolCalls.get('t1')?.status).toBe('cancelled');
  });
});

describe('folding', () => {
  it('keeps the identity of turns that did not change', () => {
    const s = story();
    s.running('p_1');
    s.says('one');
    s.ended('p_1');
    s.running('p_2');
    const before = s.transcript();
    s.says('two');
    const after = s.transcript();
    const [first, second] = [...after.turns.values()];
    const [old, oldSecond] = [...before.turns.values()];
    expect(first).toBe(old);
    expect(second).not.toBe(oldSecond);
    expect(oldSecond?.parts).toEqual([]);
    expect(second?.toolCalls).toBe(oldSecond?.toolCalls);
    expect(s.transcript()).toBe(after);
  });

  it('never changes a transcript that it was given or gave', () => {
    const s = story();
    s.running('p_1');
    s.says('one');
    const before = s.transcript();
    const copy = structuredClone(before);
    const next = fold(before, {
      type: 'turn.ended',
      data: { promptId: 'p_1', stopReason: 'end_turn' },
      sessionId: 's_1',
      seq: 99,
      at: 99,
    });
    s.says(' two');
    expect(before).toEqual(copy);
    expect(next.seq).toBe(99);
  });

  it('ignores events of prompts that it never saw, and prompts queued twice', () => {
    const s = story();
    s.started('p_9');
    s.ended('p_9');
    s.add({ type: 'prompt.cancelled', data: { promptId: 'p_9', by: PERSON } });
    s.add({ type: 'log', data: { level: 'info', message: 'x' } });
    expect({ ...s.transcript(), seq: 0 }).toEqual(emptyTranscript());
    s.queued('p_1');
    s.queued('p_1', 'again');
    expect(s.transcript().queue).toEqual(['p_1']);
  });

  // Copying the text at each chunk would take minutes, and meet the limit.
  it('of 200,000 chunks does not copy what came before', { timeout: 30_000 }, () => {
    const s = story();
    s.running('p_1');
    const folder = createFolder(s.transcript());
    const data = {
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'word ' } },
    };
    const from = s.transcript().seq;
    for (let seq = from + 1; seq <= from + 200_000; seq += 1) {
      folder.push({ type: 'update', data, sessionId: 's_1', seq, at: seq });
    }
    const [turn] = [...folder.view().turns.values()];
    expect(turn?.parts).toHaveLength(1);
    expect(turnText(turn ?? { parts: [] })).toHaveLength(5 * 200_000 - 1);
  });
});
