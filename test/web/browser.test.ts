/** The page in a real Chromium, as a person uses it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Thread } from '../../src/core/model/thread.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from '../harness/browser.ts';
import { asks, ended, queued, says, started, update } from './play.ts';
import { listen, openStage, type Stage } from './stage.ts';

const chromium = findChromium();

describe.skipIf(chromium === undefined)(
  `the page in Chromium${chromium === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let stage: Stage;
    let server: Awaited<ReturnType<Stage['listen']>>;
    let thread: Thread;
    let problems: string[];

    beforeAll(async () => {
      browser = await launchChromium(chromium ?? '');
    });
    afterAll(() => browser?.close());

    beforeEach(async () => {
      stage = await openStage();
      server = await stage.listen();
      thread = await stage.openThread('Mend the login test');
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

    const openThread = () => page.goto(`${server.url}/threads/${thread.id}`);
    const log = () => page.getByRole('log', { name: 'Messages' });
    const composer = () => page.getByRole('textbox', { name: 'Message' });
    const askToRun = (command: string): void => {
      const call = { toolCallId: 'c1', title: 'Run it', kind: 'execute', rawInput: { command } };
      const expires = stage.clock.now() + 30 * 60_000;
      stage.session.push(queued('p_1', 'go'), started('p_1'), asks('p_1', 'r_1', call, expires));
    };

    it('leaves no code in the address or the history, and stays logged in', async () => {
      expect(page.url()).toBe(`${server.url}/`);
      await page.reload();
      await page.getByRole('heading', { name: 'What should the agent do?' }).waitFor();
      const other = await browser.newContext();
      const stranger = await other.newPage();
      await stranger.goto(`${server.url}/threads/${thread.id}`);
      await stranger.getByRole('heading', { name: 'Log in to Threadcast' }).waitFor();
      await other.close();
    });

    it('starts a thread with Ctrl+Enter and the chosen agent', async () => {
      await page.getByLabel('Agent').selectOption('codex');
      await composer().fill('First line');
      await composer().press('Enter');
      await composer().pressSequentially('second line');
      await composer().press('Control+Enter');
      await page.waitForURL(/\/threads\/t_/);
      await log().getByText('First line\nsecond line').waitFor();
      expect(stage.received[0]?.text).toBe('agent=codex First line\nsecond line');
      await page.getByRole('navigation').getByRole('link', { name: 'First line' }).waitFor();
    });

    it('shows a turn as it streams, in one message, and keeps what the reader opened', async () => {
      await openThread();
      stage.session.push(queued('p_1', 'go'), started('p_1'), says('p_1', 'One '));
      const content = [{ type: 'content', content: { type: 'text', text: 'the file' } }];
      const call = { toolCallId: 'c1', title: 'Read a.ts', kind: 'read', status: 'in_progress' };
      stage.session.push(update('p_1', 'tool_call', { ...call, content }));
      await stage.present(thread);
      await log().getByText('working').waitFor();
      await log().getByText('Read a.ts').click();
      await log().getByText('the file').waitFor();
      stage.session.push(says('p_1', 'Two'), ended('p_1'));
      await stage.present(thread);
      await log().getByText('done', { exact: true }).waitFor();
      expect(await log().getByText('the file').isVisible()).toBe(true);
      expect(await log().getByRole('article').count()).toBe(1);
      await page.getByRole('status').filter({ hasText: 'done' }).waitFor({ state: 'attached' });
    });

    it('answers a permission request by a click, and by nothing but the keyboard', async () => {
      await openThread();
      askToRun('npm test');
      await stage.present(thread);
      await page.getByRole('heading', { name: /wants to run a command/ }).waitFor();
      await expect.poll(() => page.title()).toMatch(/^● /);
      const allow = page.getByRole('button', { name: 'Allow once' });
      await allow.focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => stage.session.requests.get('r_1')?.state).toBe('answered');
      await stage.present(thread);
      await log().getByText('Allowed by You · Allow once').waitFor();
      expect(await allow.count()).toBe(0);
    });

    it('tells whoever clicks too late who was faster', async () => {
      await openThread();
      askToRun('npm test');
      await stage.present(thread);
      const button = page.getByRole('button', { name: 'Reject' });
      await button.waitFor();
      const request = stage.session.requests.get('r_1');
      if (request === undefined) throw new Error('Nothing was asked');
      const answeredBy = { surface: 'slack', id: 'U1', name: 'ada', kind: 'person' } as const;
      const answered = { state: 'answered', optionId: 'yes', answeredBy } as const;
      stage.session.requests.set('r_1', { ...request, ...answered });
      await button.click();
      await page.getByRole('alert').getByText('Already allowed by ada: Allow once.').waitFor();
    });

    it('lets nobody approve what is too long to see before it was unfolded', async () => {
      await openThread();
      askToRun(Array.from({ length: 80 }, (_, line) => `echo ${line}`).join('\n'));
      await stage.present(thread);
      await page.getByRole('button', { name: 'Reject' }).last().waitFor();
      const allow = page.getByRole('button', { name: 'Allow once' });
      expect(await allow.isVisible()).toBe(false);
      await page.getByText('Read all of it, then answer').click();
      await allow.click();
      await expect.poll(() => stage.session.requests.get('r_1')?.optionId).toBe('yes');
    });

    it('stops a turn, cancels what waits, and runs a failed turn again', async () => {
      stage.session.push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Hm'));
      stage.session.setWaiting([{ id: 'p_2', text: 'Then this' } as never]);
      await stage.present(thread);
      await openThread();
      await page.getByRole('button', { name: 'Cancel number 1 in line' }).click();
      await page.getByRole('button', { name: 'Stop' }).click();
      await expect.poll(() => stage.session.calls.length).toBe(2);
      stage.session.push(ended('p_1', 'failed', 'The agent exited'));
      await stage.present(thread);
      await page.getByRole('button', { name: 'Retry' }).click();
      await expect
        .poll(() => stage.session.calls.map(([call, , prompt]) => [call, prompt]))
        .toEqual([
          ['cancelPrompt', 'p_2'],
          ['cancelPrompt', 'p_1'],
          ['retry', 'p_1'],
        ]);
    });

    it('opens help with ?, but not while somebody writes one', async () => {
      await openThread();
      await page.getByRole('heading', { name: 'Mend the login test' }).click();
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Commands' });
      await help.getByText(/^\/approve/).waitFor();
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'hidden' });
      await composer().press('?');
      expect(await composer().inputValue()).toBe('?');
      expect(await help.isVisible()).toBe(false);
    });

    it('follows the end for whoever reads the end, and leaves everybody else where they are', async () => {
      stage.session.push(queued('p_1', 'go'), started('p_1'), says('p_1', 'line\n\n'.repeat(80)));
      await stage.present(thread);
      await openThread();
      const fromEnd = () =>
        page.evaluate(() => document.documentElement.scrollHeight - innerHeight - scrollY);
      await expect.poll(fromEnd).toBeLessThan(4);
      stage.session.push(says('p_1', 'more\n\n'.repeat(20)));
      await stage.present(thread);
      await log().getByText('more').last().waitFor();
      await expect.poll(fromEnd).toBeLessThan(4);
      await page.evaluate(() => scrollTo(0, 100));
      stage.session.push(says('p_1', 'and the end\n\n'));
      await stage.present(thread);
      await log().getByText('and the end').waitFor();
      expect(await page.evaluate(() => scrollY)).toBe(100);
    });

    it('survives a restart of the server: what was written meanwhile arrives once', async () => {
      await openThread();
      const { port } = new URL(server.url);
      await server.close();
      await page.getByText('Reconnecting…').waitFor();
      await composer().fill('Written while it was away');
      await composer().press('Control+Enter');
      await page.getByText('No connection. It is sent as soon as there is one.').waitFor();
      stage.session.push(queued('p_1', 'go'), started('p_1'), says('p_1', 'Missed'), ended('p_1'));
      await stage.present(thread);
      server = await listen(stage.app, Number(port));
      await log().getByText('Missed').waitFor();
      await log().getByText('Written while it was away').waitFor();
      expect(stage.received).toHaveLength(1);
      expect(await composer().inputValue()).toBe('');
      await page.getByText('Reconnecting…').waitFor({ state: 'hidden' });
    });

    it('says so when the login has ended, instead of trying for ever', async () => {
      await openThread();
      await context.clearCookies();
      const { port } = new URL(server.url);
      await server.close();
      server = await listen(stage.app, Number(port));
      await page.getByText('You are logged out. Reload the page to log in.').waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Log in to Threadcast' }).waitFor();
    });

    it('lets the seconds pass: elapsed time, silence, and the end of a request', async () => {
      await page.clock.install();
      askToRun('npm test');
      stage.session.push(queued('p_2', 'go'), started('p_2'), says('p_2', 'Hm'));
      await stage.present(thread);
      await openThread();
      await log()
        .getByText(/expires in (30 min|29 min 5\d s)/)
        .waitFor();
      await page.clock.fastForward(5 * 60_000);
      await log()
        .getByText(/expires in 2[45] min/)
        .waitFor();
      await log()
        .getByText(/^5 min( \d+ s)?$/)
        .first()
        .waitFor();
      const quiet = log().locator('[data-quiet]');
      expect(await quiet.getAttribute('data-quiet')).toMatch(/^silent for 5 min/);
    });

    it('runs nothing that an agent writes', async () => {
      await openThread();
      const attack =
        '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
      stage.session.push(queued('p_1', attack), started('p_1'), says('p_1', attack));
      stage.session.push(update('p_1', 'tool_call', { toolCallId: 'c1', title: attack }));
      await stage.present(thread);
      await log().getByText('<img src=x').first().waitFor();
      expect(await page.title()).not.toContain('owned');
      expect(await page.locator('#messages img, #messages script').count()).toBe(0);
    });

    it('fits 360 pixels without scrolling sideways', async () => {
      await page.setViewportSize({ width: 360, height: 700 });
      askToRun(`echo ${'x'.repeat(300)}`);
      const content = [
        { type: 'diff', path: 'a'.repeat(90), oldText: null, newText: 'y'.repeat(400) },
      ];
      const call = { toolCallId: 'c2', title: 'z'.repeat(200), kind: 'edit', status: 'completed' };
      stage.session.push(update('p_1', 'tool_call', { ...call, content }));
      stage.session.push(says('p_1', `\`\`\`\n${'w'.repeat(300)}\n\`\`\`\n\n${'v'.repeat(300)}`));
      await stage.present(thread);
      for (const path of ['/', `/threads/${thread.id}`]) {
        await page.goto(server.url + path);
        await page
          .locator('details')
          .evaluateAll((all) => all.forEach((each) => each.setAttribute('open', '')));
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          360,
        );
      }
    });
  },
  60_000,
);
