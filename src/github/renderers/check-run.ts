/**
 * A permission request as a check run on a pull request. The body is JSON of the fields that the
 * API takes for a new one and for an edit alike.
 */
import { z } from 'zod';
import { inputHash } from '../../core/access/action-token.ts';
import {
  choicesOf,
  headingOf,
  renderInput,
  renderOutcome,
  type PermissionShown,
} from './permission.ts';

export const CHECK_NAME = 'threadcast / permission';
const TEXT_LIMIT = 60_000;

const checkRunSchema = z.object({
  conclusion: z.enum(['action_required', 'success', 'neutral']),
  output: z.object({ title: z.string(), summary: z.string(), text: z.string() }),
  actions: z.array(
    z.object({ label: z.string(), description: z.string(), identifier: z.enum(['allow', 'deny']) }),
  ),
  /** Which request of which session: what a press of a button is about. */
  externalId: z.string(),
});

export type CheckRunBody = z.infer<typeof checkRunSchema>;

export const parseCheckRun = (body: string): CheckRunBody => checkRunSchema.parse(JSON.parse(body));

/** Its own parts, and the hash of the input that the check run shows: a press counts for no other. */
export interface CheckRunId {
  readonly session: string;
  readonly request: string;
  readonly hash: string;
}

export const externalIdOf = ({ sessionId, permission }: PermissionShown): string =>
  [sessionId, permission.requestId, inputHash(permission.asked)].join('/');

/** Empty parts for what we did not write. */
export function readExternalId(text: string | null | undefined): CheckRunId {
  const [session = '', request = '', hash = ''] = (text ?? '').split('/');
  return { session, request, hash };
}

export function renderCheckRun(view: PermissionShown): string {
  const { permission } = view;
  const { outcome, code } = permission;
  const title = `${headingOf(view)} (${code})`.slice(0, 200);
  const externalId = externalIdOf(view);
  const input = renderInput(permission);
  if (outcome !== null) {
    const allowed = outcome.kind === 'selected' && outcome.option?.kind.startsWith('allow');
    const summary = renderOutcome(permission, outcome);
    const body: CheckRunBody = {
      conclusion: allowed === true ? 'success' : 'neutral',
      output: { title, summary, text: input.markdown.slice(0, TEXT_LIMIT) },
      actions: [],
      externalId,
    };
    return JSON.stringify(body);
  }
  const { allow, deny } = choicesOf(permission.options);
  const summary = `Use the buttons of this check, the boxes in the comment, or write \`/approve ${code}\` or \`/deny ${code}\`.`;
  const body: CheckRunBody = {
    conclusion: 'action_required',
    output: { title, summary, text: input.markdown.slice(0, TEXT_LIMIT) },
    actions: [
      ...(allow && input.whole
        ? [{ label: short(allow.name), description: 'Lets it go on', identifier: 'allow' } as const]
        : []),
      ...(deny
        ? [{ label: short(deny.name), description: 'Refuses it', identifier: 'deny' } as const]
        : []),
    ],
    externalId,
  };
  return JSON.stringify(body);
}

/** GitHub takes 20 characters. */
const short = (name: string): string => (name.length > 20 ? `${name.slice(0, 19)}…` : name);
