/** Runs the real oxlint, with the repository's own configuration, over files planted in a copy. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..', '..');

export interface Finding {
  /** Relative to the repository, with slashes. */
  readonly file: string;
  /** As in the configuration, such as `import/no-cycle`; eslint's own have no prefix. */
  readonly rule: string;
  readonly message: string;
}

/** `files`: path -> source. Gives what oxlint reports, in no particular order. */
export function lint(files: ReadonlyMap<string, string>): readonly Finding[] {
  const copy = mkdtempSync(path.join(tmpdir(), 'threadcast-lint-'));
  try {
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
      cpSync(path.join(root, name), path.join(copy, name));
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    for (const [name, source] of files) {
      mkdirSync(path.dirname(path.join(copy, name)), { recursive: true });
      writeFileSync(path.join(copy, name), source);
    }
    return run(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function run(copy: string): readonly Finding[] {
  const oxlint = path.join(root, 'node_modules', '.bin', 'oxlint');
  const { stdout, stderr } = spawnSync(oxlint, ['-f', 'json', 'src', 'test'], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not run: ${stdout}${stderr}`);
  const report: {
    diagnostics: { code?: string; filename: string; message: string }[];
  } = JSON.parse(stdout);
  return report.diagnostics.map(({ code = '', filename, message }) => ({
    file: filename,
    rule: code.replace(/^eslint\((.*)\)$/, '$1').replace(/^(.*)\((.*)\)$/, '$1/$2'),
    message,
  }));
}
