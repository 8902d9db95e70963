/**
 * Opaque tokens for buttons, boxes and signed links. A token says which option of which request it
 * answers, on which surface, until when, and for which shown input; nobody can make or change one
 * without the key. It is no secret and no right: whoever sends it is authorised as always, and
 * whether the request is still pending is the store's to say.
 *
 * Shape: base64url(JSON) `.` base64url(HMAC-SHA-256 of the first part). Change the version in
 * `PURPOSE` with the shape.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../model/errors.ts';

const PURPOSE = 'threadcast action token 1\n';
/** Slack's limit for a button's value. */
const MOST = 2000;

const fieldsSchema = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  z.string(),
]);

export interface Action {
  readonly sessionId: string;
  readonly requestId: string;
  /** As the agent offered it. */
  readonly optionId: string;
  /** The surface that the element is shown on; its listener compares it with itself. */
  readonly surface: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Hash of the input that is shown beside the element: must equal the current one. */
  readonly inputHash: string;
}

export interface ActionTokens {
  /** URL-safe, at most 2000 characters; AppError `too_large` when the ids do not fit. */
  mint(action: Action): string;
  /** Undefined for whatever this key did not mint, or what has expired at `now`. */
  verify(token: string, now: number): Action | undefined;
  /** As `verify`, whatever its age: to say how it ended, never to act on. */
  read(token: string): Action | undefined;
}

/** `key`: at least 32 random bytes, the same on every replica and after every restart. */
export function createActionTokens({ key }: { readonly key: Uint8Array }): ActionTokens {
  if (key.length < 32) {
    throw new AppError('invalid', 'The key for action tokens needs at least 32 bytes.');
  }
  const sign = (body: string): Buffer =>
    createHmac('sha256', key)
      .update(PURPOSE + body)
      .digest();
  const read = (token: string): Action | undefined => {
    if (token.length > MOST) return undefined;
    const [body = '', signature = '', ...rest] = token.split('.', 3);
    const given = Buffer.from(signature, 'base64url');
    // Two spellings of one signature must not both pass: only the canonical one does.
    if (rest.length > 0 || given.toString('base64url') !== signature) return undefined;
    const right = sign(body);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return fromBody(body);
  };
  return {
    read,
    mint(action) {
      const body = Buffer.from(JSON.stringify(toFields(action))).toString('base64url');
      const token = `${body}.${sign(body).toString('base64url')}`;
      if (token.length <= MOST) return token;
      throw new AppError('too_large', 'This option is too long for a button; answer it by code.');
    },
    verify(token, now) {
      const action = read(token);
      return action !== undefined && now < action.expiresAt ? action : undefined;
    },
  };
}

function toFields(action: Action): z.infer<typeof fieldsSchema> {
  return [
    action.sessionId,
    action.requestId,
    action.optionId,
    action.surface,
    action.expiresAt,
    action.inputHash,
  ];
}

/** The signature was right, so the body is what we wrote, perhaps of an older version. */
function fromBody(body: string): Action | undefined {
  const fields = fieldsSchema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  if (!fields.success) return undefined;
  const [sessionId, requestId, optionId, surface, expiresAt, inputHash] = fields.data;
  return { sessionId, requestId, optionId, surface, expiresAt, inputHash };
}

/** Of what a button was shown for: the same for equal values, whatever the order of their keys (a database may change it). */
export function inputHash(asked: unknown): string {
  const ordered = JSON.stringify(asked, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(ordered).digest('base64url');
}
