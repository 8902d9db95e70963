/**
 * Bytes -> lines of UTF-8 text. Invariant: holds at most `maxBytes` of an unfinished line; a longer
 * one is skipped up to its newline and the lines after it are not affected.
 */

/** ACP's limit of one message. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

export interface LineHandlers {
  /** A line without its newline; never empty or blank. Called synchronously, in order. */
  line(text: string): void;
  /** A line that was longer than allowed, once its end was seen; `bytes` is its length. */
  tooLong(bytes: number): void;
}

export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** The stream ended: a last line without newline is handed over too. */
  end(): void;
}

const NEWLINE = 10;

export function createLineSplitter(
  handlers: LineHandlers,
  maxBytes = MAX_LINE_BYTES,
): LineSplitter {
  /** The unfinished line, in the pieces that it came in: joined once, at its end. */
  let pieces: Uint8Array[] = [];
  let held = 0;
  /** Bytes seen of a line that is being skipped; 0 when none is. */
  let skipped = 0;

  const emit = (text: string): void => {
    if (text.trim() !== '') handlers.line(text);
  };
  const hold = (piece: Uint8Array): void => {
    if (skipped > 0 || held + piece.length > maxBytes) {
      skipped += held + piece.length;
      pieces = [];
      held = 0;
    } else if (piece.length > 0) {
      pieces.push(piece);
      held += piece.length;
    }
  };
  const finish = (): void => {
    if (skipped > 0) handlers.tooLong(skipped);
    else if (held > 0) emit(Buffer.concat(pieces, held).toString('utf8'));
    pieces = [];
    held = 0;
    skipped = 0;
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let start = 0;
      if (held > 0 || skipped > 0) {
        const end = bytes.indexOf(NEWLINE);
        hold(end < 0 ? bytes : bytes.subarray(0, end));
        if (end < 0) return;
        finish();
        start = end + 1;
      }
      const last = bytes.lastIndexOf(NEWLINE);
      if (last - start > maxBytes) {
        for (
          let end = bytes.indexOf(NEWLINE, start);
          end >= 0;
          end = bytes.indexOf(NEWLINE, start)
        ) {
          hold(bytes.subarray(start, end));
          finish();
          start = end + 1;
        }
      } else if (last >= start) {
        // No line in here can be too long. Whole lines are decoded together: a newline never is a part of another character.
        for (const line of bytes.toString('utf8', start, last).split('\n')) emit(line);
        start = last + 1;
      }
      hold(bytes.subarray(start));
    },
    end: finish,
  };
}
