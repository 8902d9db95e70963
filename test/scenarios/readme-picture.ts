/**
 * Makes the picture of the README from a real server: `node test/scenarios/readme-picture.ts`. A
 * thread at work: what was asked, the plan, the steps, and a permission request with its diff.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, launchChromium, NO_CHROMIUM } from '../harness/browser.ts';
import { startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import { packPng } from './pack-png.ts';
import { personAt } from './person.ts';

const TARGET = fileURLToPath(new URL('../../.github/assets/thread.png', import.meta.url));
const AGENT = fileURLToPath(new URL('agents/painter.ts', import.meta.url));
const SIZE = { width: 1200, height: 1060 };

const chromium = findChromium();
if (chromium === undefined) throw new Error(NO_CHROMIUM);
const directory = await temporaryDirectory();
const server = await startServerProcess({ dataDir: directory.path });
const browser = await launchChromium(chromium);
try {
  const spawn = { command: process.execPath, args: [AGENT] };
  await server.api('POST', '/agent-templates', { id: 'painter', name: 'Example agent', spawn });
  const context = await browser.newContext({
    viewport: SIZE,
    deviceScaleFactor: 2,
    colorScheme: 'light',
  });
  const person = await personAt(context);
  await person.page.goto(server.loginUrl);
  await person.page.waitForURL(`${server.url}/`);
  for (const text of ['plan', 'think']) {
    await person.write(text === 'plan' ? 'plan the release notes' : 'think about the flaky test');
    await person.page.waitForURL(/\/threads\//);
    await person.untilTurn('done');
    await person.page.goto(server.url);
  }
  await person.page.getByLabel('Agent').selectOption('painter');
  await person.write('The login test is flaky. Find out why and mend it.');
  await person.page.waitForURL(/\/threads\//);
  await person.page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
  await person.untilTurn('waiting');
  await person.page.locator('#badge [data-state=waiting]').waitFor();
  // A picture of something that just began would look like nothing had been done.
  await person.page.getByText('12 s', { exact: true }).waitFor();
  await person.page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  await mkdir(path.dirname(TARGET), { recursive: true });
  const picture = packPng(await person.page.screenshot({ type: 'png' }));
  await writeFile(TARGET, picture);
  console.log(`${TARGET}: ${picture.length} bytes`);
} finally {
  await browser.close();
  await server.kill();
  await directory.remove();
}
