/** The settings as people read them: in the README and in `threadcast --help`. */
import { settings } from './settings.ts';
import type { Setting } from './settings.ts';

/** The README's configuration table, in Markdown. */
export function configurationTable(): string {
  const rows = settings.map((setting) => [
    `\`${setting.name}\``,
    shownDefault(setting, '`'),
    setting.doc,
  ]);
  const cells = [['Variable', 'Default', 'Meaning'], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(cells[0] ?? []), rule, ...cells.slice(1).map(line)].join('\n');
}

/** The settings as plain lines, for a terminal. */
export function configurationHelp(): string {
  const width = Math.max(...settings.map(({ name }) => name.length));
  return settings
    .map((setting) => {
      const head = `  ${setting.name.padEnd(width)}  `;
      return `${head}${setting.doc}\n${' '.repeat(head.length)}Default: ${shownDefault(setting, '')}`;
    })
    .join('\n');
}

function shownDefault(setting: Setting, quote: string): string {
  return setting.default === undefined
    ? (setting.unset ?? 'none')
    : `${quote}${setting.default}${quote}`;
}
