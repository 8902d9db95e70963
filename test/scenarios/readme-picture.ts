/**
 * Makes the picture of the README as a newcomer sees it: `node test/scenarios/readme-picture.ts`. The
 * example agent was sent `ask`: its plan, its steps, and what it wants to write.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, launchChromium, NO_CHROMIUM } from '../harness/browser.ts';
import { startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import { personAt } from './person.ts';

const TARGET = fileURLToPath(new URL('../../.github/assets/thread.png', import.meta.url));
const SIZE = { width: 1200, height: 920 };

const chromium = findChromium();
if (chromium === undefined) throw new Error(NO_CHROMIUM);
const directory = await temporaryDirectory();
const server = await startServerProcess({ dataDir: directory.path });
const browser = await launchChromium(chromium);
try {
  const context = await browser.newContext({
    viewport: SIZE,
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  });
  const person = await personAt(context);
  await person.page.goto(server.loginUrl);
  await person.page.waitForURL(`${server.url}/`);
  for (const text of ['plan', 'think']) {
    await person.write(text);
    await person.page.waitForURL(/\/threads\//);
    await person.untilTurn('done');
    await person.page.goto(server.url);
  }
  await person.write('ask');
  await person.page.waitForURL(/\/threads\//);
  await person.page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
  await person.untilTurn('waiting');
  await person.page.locator('#badge [data-state=waiting]').waitFor();
  await person.page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  await mkdir(path.dirname(TARGET), { recursive: true });
  const picture = await person.page.screenshot({ type: 'png' });
  await writeFile(TARGET, picture);
  console.log(`${TARGET}: ${picture.length} bytes`);
} finally {
  await browser.close();
  await server.kill();
  await directory.remove();
}
