/**
 * Takes secrets out of log lines. It works on the finished line, so it does not matter in which
 * field, message or stack trace a secret hides.
 */

/** Known token forms: ours, GitHub's, model vendors', Slack's, and passwords inside URLs. */
const PATTERNS: readonly RegExp[] = [
  /\btc_[A-Za-z0-9_-]{20,}/g,
  /\b(?:gh[opsur]|github_pat)_[A-Za-z0-9._-]{16,}/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bxox[a-z](?:\.[a-z]+)?-[A-Za-z0-9-]{8,}/g,
  /\bxapp-[A-Za-z0-9-]{8,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /(?<=[a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/g,
  /(?<=\bBearer )[A-Za-z0-9._~+/-]{8,}=*/gi,
];

const MASK = '[secret]';

/** `text` with every known token form, and every one of `secrets`, replaced by `[secret]`. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let out = text;
  for (const secret of secrets) out = out.replaceAll(secret, MASK);
  for (const pattern of PATTERNS) out = out.replace(pattern, MASK);
  return out;
}
