/** A real Chromium for tests of the page. Skipped, with the reason, where none is installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `CHROMIUM_PATH`, or the first Chromium on the search path; undefined when there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const directories = ['/usr/bin', ...(env['PATH'] ?? '').split(delimiter)];
  const found = directories.flatMap((directory) => NAMES.map((name) => join(directory, name)));
  return [env['CHROMIUM_PATH'] ?? '', ...found].find((path) => path !== '' && isExecutable(path));
}

export const NO_CHROMIUM = 'no Chromium: install one, or set CHROMIUM_PATH to it';

/** Give `executablePath` what `findChromium` found. The caller closes the browser. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
