/** Cursors of pages that go from new to old by a time and an id. */
import { AppError } from '../core/model/errors.ts';

export function badCursor(): AppError {
  return new AppError('invalid', 'The cursor is not one that this list gave out.', {
    details: { field: 'cursor' },
  });
}

export function pageCursor(at: number, id: string): string {
  return `${at}.${id}`;
}

/** Throws AppError `invalid`. */
export function parsePageCursor(cursor: string): { readonly at: number; readonly id: string } {
  const match = /^(\d{1,15})\.(.{1,200})$/.exec(cursor);
  const [, at, id] = match ?? [];
  if (at === undefined || id === undefined) throw badCursor();
  return { at: Number(at), id };
}
