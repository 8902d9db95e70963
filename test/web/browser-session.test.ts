/** The session page in a real Chromium, as a person uses it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { NewEvent } from '../../src/core/model/events.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from '../harness/browser.ts';
import { asks, ended, queued, says, started, update } from './play.ts';
import { listen, openStage, type Stage } from './stage.ts';

const chromium = findChromium();

describe.skipIf(chromium === undefined)(
  `the session page in Chromium${chromium === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let stage: Stage;
    let server: Awaited<ReturnType<Stage['listen']>>;
    let problems: string[];

    beforeAll(async () => {
      browser = await launchChromium(chromium ?? '');
    });
    afterAll(() => browser?.close());

    beforeEach(async () => {
      stage = await openStage();
      server = await stage.listen();
      context = await browser.newContext({ viewport: { width: 1100, height: 700 } });
      page = await context.newPage();
      page.setDefaultTimeout(8_000);
      problems = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => {
        if (/content security policy/i.test(message.text())) problems.push(message.text());
      });
      await page.goto(stage.login.mintLink(server.url));
      await page.waitForURL(`${server.url}/`);
    });
    afterEach(async () => {
      await context.close();
      await server.close();
      if (problems.length > 0) throw new Error(problems.join('\n'));
    });

    const open = () => page.goto(`${server.url}/sessions/${stage.session.id}`);
    const turns = () => page.getByRole('log', { name: 'Turns' });
    const push = (...events: readonly NewEvent[]): void => {
      stage.session.push(...events);
      stage.wakeBus.publish('session', stage.session.id);
    };
    const reads = (prompt: string, name: string, text: string, status = 'completed') =>
      update(prompt, 'tool_call', {
        toolCallId: name,
        title: `Read ${name}`,
        kind: 'read',
        status,
        rawInput: { path: name },
        content: [{ type: 'content', content: { type: 'text', text } }],
      });
    const turn = (prompt: string, answer: string) => [
      queued(prompt, `Ask ${prompt}.`),
      started(prompt),
      says(prompt, answer),
      ended(prompt),
    ];
    const fromEnd = () =>
      page.evaluate(() => document.documentElement.scrollHeight - innerHeight - scrollY);

    it('shows a turn as it streams, and what is behind a line when it is opened, and keeps it open', async () => {
      await open();
      await turns().getByText('Nothing has run here yet.').waitFor();
      push(queued('p_1', 'go'), started('p_1'), says('p_1', 'One '));
      push(reads('p_1', 'a.ts', `${'line\n'.repeat(400)}the end`, 'in_progress'));
      await turns().getByText('One').waitFor();
      expect(await turns().getByText('Nothing has run here yet.').count()).toBe(0);
      await turns().getByText('Read a.ts').click();
      await turns().getByText('the end').waitFor();
      push(reads('p_1', 'a.ts', `${'line\n'.repeat(400)}the very end`), says('p_1', 'Two'));
      await turns().getByText('the very end').waitFor();
      push(ended('p_1'));
      await turns().locator('.turn[data-state=done]').waitFor();
      expect(await turns().getByText('the very end').isVisible()).toBe(true);
      expect(await turns().getByText('"path": "a.ts"').isVisible()).toBe(true);
    });

    it('fetches earlier turns above, and leaves the reader where they are', async () => {
      for (let each = 0; each < 45; each += 1)
        stage.session.push(...turn(`p_${each}`, 'Words.\n\n'.repeat(9)));
      await open();
      const earlier = page.getByRole('link', { name: /earlier turn/ });
      await earlier.scrollIntoViewIfNeeded();
      const first = turns().getByText('Ask p_25.');
      const before = await first.boundingBox();
      await earlier.focus();
      await page.keyboard.press('Enter');
      await turns().getByText('Ask p_24.').waitFor();
      const after = await first.boundingBox();
      expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(60);
      await earlier.click();
      await turns().getByText('Ask p_0.').waitFor();
      expect(await earlier.count()).toBe(0);
      push(...turn('p_99', 'The newest'));
      await turns().getByText('The newest').waitFor();
      const ids = await turns()
        .locator('section.turn')
        .evaluateAll((all) => all.map((each) => each.id));
      expect(ids).toEqual([
        ...Array.from({ length: 45 }, (_, each) => `turn-p_${each}`),
        'turn-p_99',
      ]);
    });

    it('lets a request be answered where it stands, found from below, and shows the outcome', async () => {
      const call = {
        toolCallId: 'c1',
        title: 'Run',
        kind: 'execute',
        rawInput: { command: 'npm test' },
      };
      push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Words.\n\n'.repeat(60)));
      push(asks('p_1', 'r_1', call, Date.now() + 60_000), reads('p_1', 'b.ts', 'x'));
      push(says('p_1', 'More.\n\n'.repeat(60)));
      await open();
      await expect.poll(() => page.title()).toMatch(/^● /);
      await page.getByRole('region', { name: 'Waiting for your answer' }).getByRole('link').click();
      const allow = turns().getByRole('button', { name: 'Allow once' });
      await expect
        .poll(() => allow.evaluate((each) => each.getBoundingClientRect().top))
        .toBeLessThan(700);
      await allow.focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => stage.session.requests.get('r_1')?.optionId).toBe('yes');
      stage.wakeBus.publish('session', stage.session.id);
      await turns().getByText('Allowed by You · Allow once').waitFor();
      expect(await allow.count()).toBe(0);
      const waiting = page.getByRole('region', { name: 'Waiting for your answer' });
      await waiting.waitFor({ state: 'hidden' });
    });

    it('stops the turn and cancels what waits', async () => {
      push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Hm'));
      stage.session.setWaiting([{ id: 'p_2', text: 'Then this' } as never]);
      await open();
      await page.getByRole('button', { name: 'Cancel number 1 in line' }).click();
      await page.getByRole('button', { name: 'Stop' }).click();
      await expect
        .poll(() => stage.session.calls.map(([call, , prompt]) => [call, prompt]))
        .toEqual([
          ['cancelPrompt', 'p_2'],
          ['cancelPrompt', 'p_1'],
        ]);
      push({ type: 'turn.stopping', data: { promptId: 'p_1' } });
      await turns().getByText('stopping').waitFor();
      expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(0);
    });

    it('follows the end for whoever reads the end, and leaves everybody else where they are', async () => {
      push(queued('p_1', 'go'), started('p_1'), says('p_1', 'line\n\n'.repeat(80)));
      await open();
      await expect.poll(fromEnd).toBeLessThan(4);
      push(says('p_1', 'more\n\n'.repeat(20)));
      await turns().getByText('more').last().waitFor();
      await expect.poll(fromEnd).toBeLessThan(4);
      await page.evaluate(() => scrollTo(0, 100));
      push(says('p_1', 'and the end\n\n'));
      await turns().getByText('and the end').waitFor();
      expect(await page.evaluate(() => scrollY)).toBe(100);
    });

    it('goes on after a restart of the server with what it missed', async () => {
      push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Before'));
      await open();
      const { port } = new URL(server.url);
      await server.close();
      await page.getByText('Reconnecting…').waitFor();
      push(says('p_1', ' and after'), ended('p_1'), ...turn('p_2', 'Missed'));
      server = await listen(stage.app, Number(port));
      await turns().getByText('Before and after').waitFor();
      await turns().getByText('Missed').waitFor();
      await page.getByText('Reconnecting…').waitFor({ state: 'hidden' });
    });

    it('copies code with one button, also by keyboard', async () => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      push(...turn('p_1', 'Run this:\n\n```sh\nnpm ci\nnpm test\n```\n'));
      await open();
      await page.getByRole('button', { name: 'Copy code' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor({ state: 'attached' });
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('npm ci\nnpm test\n');
    });

    it('fits 360 pixels without scrolling sideways', async () => {
      await page.setViewportSize({ width: 360, height: 700 });
      const call = {
        toolCallId: 'c1',
        title: 'Run',
        kind: 'execute',
        rawInput: { command: 'x'.repeat(300) },
      };
      const table = `| ${'wide | '.repeat(12)}\n|${'---|'.repeat(12)}\n| ${'cell | '.repeat(12)}\n`;
      push(queued('p_1', 'w'.repeat(200)), started('p_1'), says('p_1', table));
      push(
        reads('p_1', 'z'.repeat(200), 'y'.repeat(3_000)),
        asks('p_1', 'r_1', call, Date.now() + 60_000),
      );
      const widthAt = async (path: string): Promise<number> => {
        await page.goto(server.url + path);
        await page
          .locator('details')
          .evaluateAll((all) => all.forEach((each) => each.setAttribute('open', '')));
        await page.waitForLoadState('load');
        return page.evaluate(() => document.documentElement.scrollWidth);
      };
      const ref = { surface: 'github', account: '1', key: '2/issue/3' };
      const { id } = await stage.threads.ensure(ref, 'A title without end '.repeat(9), 1);
      await stage.threads.bind(id, stage.session.id, 1);
      expect(await widthAt('/')).toBeLessThanOrEqual(360);
      expect(await widthAt(`/sessions/${stage.session.id}`)).toBeLessThanOrEqual(360);
      expect(await widthAt(stage.approvalLink('r_1'))).toBeLessThanOrEqual(360);
    });
  },
  60_000,
);
