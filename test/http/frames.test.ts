import { describe, expect, it } from 'vitest';
import { loggedEvent } from '../../src/core/events/append.ts';
import type { LoggedEvent } from '../../src/core/events/hub.ts';
import { runOfFrames, SINGLE_SESSION, textFrame } from '../../src/http/ws/frames.ts';

function event(seq: number): LoggedEvent {
  return loggedEvent({ sessionId: 's1', seq, type: 'session.idle', json: '{}', at: 0 });
}

describe('a text frame', () => {
  it.each([
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('of %i bytes says its length in the shortest form', (length, head) => {
    const frame = textFrame('x'.repeat(length));
    expect([...frame.subarray(0, head.length)]).toEqual(head);
    expect(frame.length).toBe(head.length + length);
  });

  it('counts bytes, not characters', () => {
    expect([...textFrame('€')]).toEqual([0x81, 3, 0xe2, 0x82, 0xac]);
  });
});

describe('frames of events', () => {
  it('are made once for all sockets that show them on one channel', () => {
    const [a, b, c] = [event(1), event(2), event(3)];
    const one = runOfFrames([a], 'session:s1');
    expect(runOfFrames([a], 'session:s1')).toBe(one);
    const all = runOfFrames([a, b, c], 'session:s1');
    expect(runOfFrames([a, b, c], 'session:s1')).toBe(all);
    expect(all.subarray(0, one.length)).toEqual(one);
    expect(runOfFrames([b, c], 'session:s1')).not.toBe(all);
    expect(runOfFrames([a], 'agents')).not.toBe(one);
  });

  it('carry the envelope of their protocol', () => {
    const text = (channel: string): string =>
      runOfFrames([event(7)], channel)
        .subarray(2)
        .toString();
    expect([text(SINGLE_SESSION).slice(2), text('agents').slice(2)]).toMatchInlineSnapshot(`
      [
        "{"type":"event","timestamp":"1970-01-01T00:00:00.000Z","seq":7,"event":{"type":"session.idle","data":{},"timestamp":"1970-01-01T00:00:00.000Z"}}",
        "{"type":"event","channel":"agents","sessionId":"s1","agentId":"s1","seq":7,"event":{"type":"session.idle","data":{},"timestamp":"1970-01-01T00:00:00.000Z"}}",
      ]
    `);
  });
});
