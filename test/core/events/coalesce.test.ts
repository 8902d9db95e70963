import { describe, expect, it } from 'vitest';
import { createLearningRedactor } from '../../../src/core/access/redact.ts';
import { createCoalescer } from '../../../src/core/events/coalesce.ts';
import type { NewEvent } from '../../../src/core/model/events.ts';
import type { RawUpdate } from '../../../src/core/ports/agent.ts';
import { createManualClock } from '../../harness/manual-clock.ts';

function setup() {
  const clock = createManualClock();
  const out: NewEvent[] = [];
  const coalescer = createCoalescer({ clock, emit: (event) => void out.push(event) });
  const text = (said: string, more: object = {}): RawUpdate => ({
    sessionUpdate: 'agent_message_chunk',
    content: { type: 'text', text: said },
    ...more,
  });
  const said = (): unknown[] =>
    out.map((event) => (event.type === 'update' ? event.data.update['content'] : event.type));
  return { clock, out, coalescer, text, said };
}

describe('streamed text', () => {
  it('goes out once a window, joined', async () => {
    const { clock, coalescer, text, said } = setup();
    coalescer.push(text('a'), undefined);
    coalescer.push(text('b'), undefined);
    expect(said()).toEqual([]);
    await clock.advance(20);
    expect(said()).toEqual([{ type: 'text', text: 'ab' }]);
    coalescer.push(text('c'), undefined);
    await clock.advance(20);
    expect(said()).toHaveLength(2);
    expect(clock.timers()).toBe(0);
  });

  it('is never joined over messages, kinds or turns', () => {
    const { coalescer, text, out } = setup();
    coalescer.push(text('a', { messageId: '1' }), undefined);
    coalescer.push(text('b', { messageId: '2' }), undefined);
    coalescer.push(text('c', { sessionUpdate: 'agent_thought_chunk', messageId: '2' }), undefined);
    coalescer.flush();
    expect(out).toHaveLength(3);
  });

  it('keeps a chunk that carries more than text as the agent sent it', () => {
    const { coalescer, text, out } = setup();
    const odd = text('a', { _meta: { x: 1 } });
    const annotated = { ...text('b'), content: { type: 'text', text: 'b', annotations: {} } };
    coalescer.push(odd, undefined);
    coalescer.push(annotated, undefined);
    coalescer.push({ sessionUpdate: 'agent_message_chunk', content: null }, undefined);
    expect(out.map((event) => event.type === 'update' && event.data.update)).toEqual([
      odd,
      annotated,
      { sessionUpdate: 'agent_message_chunk', content: null },
    ]);
  });

  it('does not wait once much of it waits', () => {
    const { coalescer, text, out } = setup();
    coalescer.push(text('x'.repeat(70_000)), undefined);
    expect(out).toHaveLength(1);
  });

  it('holds back what may be the beginning of a secret, until it is one or cannot be', async () => {
    const clock = createManualClock();
    const { redact, holdBack } = createLearningRedactor(['correct-horse-9']);
    const out: string[] = [];
    const emit = (event: NewEvent) => void out.push(redact(JSON.stringify(event.data)));
    const coalescer = createCoalescer({ clock, holdBack, emit });
    const say = async (...chunks: readonly string[]) => {
      for (const text of chunks) {
        const content = { type: 'text', text };
        coalescer.push({ sessionUpdate: 'agent_message_chunk', content }, undefined);
        await clock.advance(50);
      }
    };
    await say('Use ghs_16C7e42F', '292c6912E7710c838', '347Ae178B4a now, or corr', 'ect-horse-9.');
    await say(' All is corr', 'ect. g', 'it push', ' sk');
    coalescer.flush();
    const shown = out.map((json) => /"text":"([^"]*)"/.exec(json)?.[1]);
    expect(shown.join('')).toBe('Use [secret] now, or [secret]. All is correct. git push sk');
    expect(shown[0]).toBe('Use ');
    expect(clock.timers()).toBe(0);
  });
});
