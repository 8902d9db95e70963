/**
 * `npm run check`: all that is static. Every step runs, whatever the others say; each failure is
 * printed whole; the exit code is 1 when one failed. Last line: `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

const steps = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'types', command: ['tsc'] },
  { name: 'lint and layers', command: ['oxlint'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
] as const;

type Step = (typeof steps)[number];

interface Outcome {
  readonly step: Step;
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

function run(step: Step): Promise<Outcome> {
  const [tool, ...args] = step.command;
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(path.join(root, 'node_modules', '.bin', tool), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    const end = (ok: boolean): void => {
      const seconds = (performance.now() - started) / 1000;
      resolve({ step, ok, output: Buffer.concat(chunks).toString().trim(), seconds });
    };
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${tool} does not start: ${error.message}. Run "npm ci" first.`));
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

const outcomes = await Promise.all(steps.map(run));
for (const { step, ok, output, seconds } of outcomes) {
  console.log(
    `${ok ? '✓' : '✗'} ${step.name} (${step.command.join(' ')}, ${seconds.toFixed(1)} s)`,
  );
  if (!ok) console.log(`\n${output}\n`);
}
const failed = outcomes.filter(({ ok }) => !ok).length;
console.log(`${outcomes.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
