/** The end of a byte stream, bounded: what an agent said on stderr, for the error that people see. */
export const STDERR_TAIL_BYTES = 64 * 1024;

export interface Tail {
  push(bytes: Uint8Array): void;
  /** At most `limit` bytes; a character cut in two at the front is left out. */
  text(): string;
}

export function createTail(limit = STDERR_TAIL_BYTES): Tail {
  let parts: Uint8Array[] = [];
  let size = 0;
  const compact = (): Uint8Array => {
    const all = Buffer.concat(parts);
    const end = all.subarray(Math.max(0, all.length - limit));
    // A copy: a view would keep the longer buffer alive.
    parts = [Uint8Array.from(end)];
    size = end.length;
    return end;
  };
  return {
    push(bytes) {
      parts.push(bytes);
      size += bytes.length;
      if (size > 2 * limit) compact();
    },
    text() {
      const end = compact();
      let start = 0;
      while (start < 4 && start < end.length && ((end[start] ?? 0) & 0xc0) === 0x80) start += 1;
      return Buffer.from(end.subarray(start)).toString('utf8');
    },
  };
}
