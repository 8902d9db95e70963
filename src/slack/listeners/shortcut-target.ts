/** The message that a dialog is about, as the dialog carries it (at most 3,000 characters). */
import { z } from 'zod';
import { fileSchema } from '../payloads.ts';

const targetSchema = z.object({
  channel: z.string(),
  ts: z.string(),
  thread: z.string(),
  author: z.string(),
  text: z.string(),
  files: z.array(fileSchema).default([]),
});
export type Target = z.infer<typeof targetSchema>;

const LIMIT = 3_000;

export function writeTarget(target: Target): string {
  const json = JSON.stringify(target);
  return json.length <= LIMIT ? json : JSON.stringify({ ...target, text: '', files: [] });
}

/** Undefined for what we did not write. */
export function parseTarget(json: string): Target | undefined {
  try {
    const parsed = targetSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
