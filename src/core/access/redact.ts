/**
 * Takes secrets out of text that leaves the server: log lines, logged events, messages, errors. It
 * works on finished text, so it does not matter in which field, message or stack trace a secret
 * hides. JSON stays JSON: neither what it takes nor what it leaves has a quote or a backslash.
 */

export type Redact = (text: string) => string;

export interface Redactor {
  readonly redact: Redact;
  /** Further secrets, known from now on; those that are too short are ignored. */
  readonly learn: (secrets: readonly string[]) => void;
  /** How many characters at the end may be the beginning of a secret that goes on. */
  readonly holdBack: (text: string) => number;
}

/**
 * Where a token may begin: not within a word, nor within another token (the value of a button must
 * stay whole). In JSON a line break before it is `\n`, whose `n` belongs to no word.
 */
const START = String.raw`(?<=^|[^A-Za-z0-9_.-]|\\[bfnrt])`;

/** Known token forms: ours, GitHub's, model vendors', Slack's, Google's. */
const TOKENS = [
  'tc_[A-Za-z0-9_-]{20,}',
  'gh[opsur]_[A-Za-z0-9._-]{16,}',
  'github_pat_[A-Za-z0-9._-]{16,}',
  'sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}',
  'xox[a-z](?:\\.[a-z]+)?-[A-Za-z0-9-]{8,}',
  'xapp-[A-Za-z0-9-]{8,}',
  'AIza[A-Za-z0-9_-]{30,}',
];

const PATTERNS: readonly RegExp[] = [
  new RegExp(`${START}(?:${TOKENS.join('|')})`, 'g'),
  // The password in a URL.
  /(?<=[a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*:)[^\s/@"\\]+(?=@)/g,
  // With a digit, or it is prose about bearer tokens.
  /(?<=\bBearer )(?=[A-Za-z._~+/-]*[0-9])[A-Za-z0-9._~+/-]{8,}=*/gi,
];

/** Most text has none of these, and needs no closer look. */
const HINT = /tc_|gh[opsur]_|github_pat_|sk-|xox|xapp-|AIza|:\/\/|bearer /i;

const MASK = '[secret]';
/** Shorter values would blank out ordinary text. */
const SHORTEST = 8;
/** A secret of at least twice this length is known by what follows its first characters. */
const CUT = 8;

/** A secret that is cut off is not known by fewer characters than these. */
const SHORTEST_START = 4;

/** The beginning of a known token form, or what may become one, at the end of a text. */
const UNFINISHED = [
  new RegExp(
    `(?:^|[^A-Za-z0-9_.-])((?:tc_|gh[opsur]_|github_pat_|sk-|xox[a-z]|xapp-|AIza)[A-Za-z0-9_.-]*)$`,
  ),
  /(?:^|[^A-Za-z0-9_.-])(g|gh|gh[opsur]|gi|git|gith|githu|github|github_|github_p|github_pa|github_pat|tc|sk|xo|xox|xa|xap|xapp|AI|AIz)$/,
  /([a-z][a-z0-9+.-]*:\/\/[^\s/@"]*)$/,
  /(\bBearer [A-Za-z0-9._~+/-]*)$/i,
];

/** A function that replaces every known token form, and each of `secrets` however it is written. */
export function createRedactor(secrets: readonly string[] = []): Redact {
  return createLearningRedactor(secrets).redact;
}

/** The same for secrets that are heard of later. Replaced by `[secret]`; below 8 characters ignored. */
export function createLearningRedactor(first: readonly string[] = []): Redactor {
  const known = new Set<string>();
  let forms: readonly string[] = [];
  const learn: Redactor['learn'] = (secrets) => {
    const before = known.size;
    for (const secret of secrets) if (secret.length >= SHORTEST) known.add(secret);
    if (known.size === before) return;
    // Longest first: a form may be a part of another.
    forms = [...new Set([...known].flatMap(formsOf))].toSorted((a, b) => b.length - a.length);
  };
  learn(first);
  return {
    learn,
    redact: (text) => {
      let out = text;
      for (const form of forms) if (out.includes(form)) out = out.replaceAll(form, MASK);
      if (HINT.test(out)) for (const pattern of PATTERNS) out = out.replace(pattern, MASK);
      return out;
    },
    holdBack: (text) => {
      const starts = UNFINISHED.map((pattern) => pattern.exec(text)?.[1]?.length ?? 0);
      return Math.max(0, ...starts, ...forms.map((form) => startAtEnd(text, form)));
    },
  };
}

/** How much of the beginning of `form`, but not all of it, `text` ends with. */
function startAtEnd(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length >= SHORTEST_START; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return length;
  }
  return 0;
}

const SECRET_NAME = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/i;

/** Values of an environment that are secrets: by their names, or because nobody writes such words. */
export function secretsOf(env: Readonly<Record<string, string>> = {}): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    SECRET_NAME.test(name) || /^(?=.*\d)(?=.*[A-Za-z])[\w+/=-]{20,}$/.test(value) ? [value] : [],
  );
}

/** As it is, without its beginning, backwards, in a URL, in base64 at each of three offsets. */
function formsOf(secret: string): readonly string[] {
  const tail = secret.length >= 2 * CUT ? secret.slice(CUT) : secret;
  const plain = [secret, tail, Array.from(tail).toReversed().join('')];
  const bytes = new TextEncoder().encode(secret);
  const coded = [0, 1, 2].flatMap((offset) => {
    // Characters at both ends depend on what stands beside the secret.
    const inner = bytes.subarray((3 - offset) % 3);
    const whole = inner.subarray(0, inner.length - (inner.length % 3));
    const base64 = btoa(String.fromCharCode(...whole));
    return [base64, base64.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...plain, encodeURIComponent(tail), ...coded.filter((form) => form.length >= SHORTEST)];
}
