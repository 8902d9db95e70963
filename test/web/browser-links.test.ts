/** From a permission request in a GitHub thread to the answer on its page, in a real Chromium. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Hono } from 'hono';
import { createActionTokens } from '../../src/core/access/action-token.ts';
import { createPageLinks } from '../../src/core/access/page-links.ts';
import type { PermissionAnswer } from '../../src/core/ports/agent.ts';
import { createFolds } from '../../src/core/presenter/folds.ts';
import { createWebApp } from '../../src/web/app.ts';
import type { WebEnv } from '../../src/web/deps.ts';
import { createLogin, type Login } from '../../src/web/login.ts';
import { openGitHub, type GitHubBench } from '../github/bench.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from '../harness/browser.ts';
import type { Comment, Issue } from '../harness/fake-github/model.ts';
import { createMemoryHosted, createMemoryLogouts, listen } from './stage.ts';

const chromium = findChromium();
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

describe.skipIf(chromium === undefined)(
  `links of messages in Chromium${chromium === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let bench: GitHubBench;
    let server: Awaited<ReturnType<typeof listen>>;
    let login: Login;
    let issue: Issue;
    let request: Comment;
    let answers: PermissionAnswer[];

    beforeAll(async () => {
      browser = await launchChromium(chromium ?? '');
    });
    afterAll(() => browser?.close());

    beforeEach(async () => {
      let web: Hono<WebEnv> | undefined = undefined;
      server = await listen({
        fetch: (asked) => web?.fetch(asked) ?? new Response('', { status: 503 }),
      });
      const publicUrl = server.url;
      const links = createPageLinks({ publicUrl, tokens: createActionTokens({ key: key(7) }) });
      bench = await openGitHub({ links }, {}, (deps, { surface, actionTokens }) => {
        login = createLogin({ key: key(8), clock: deps.clock });
        web = createWebApp({
          ...deps,
          hosted: createMemoryHosted(),
          transcript: (id) => createFolds(bench.stores.memory.sessions).transcript(id),
          threadUrl: async (ref) => surface.threadUrl?.(ref),
          redact: (text) => text,
          login,
          logouts: createMemoryLogouts(),
          cookieKey: key(9),
          publicUrl,
          actionTokens,
          defaultAgent: 'example',
        });
      });
      context = await browser.newContext();
      page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await ask();
    });
    afterEach(async () => {
      await context.close();
      await bench.close();
      await server.close();
    });

    async function ask(): Promise<void> {
      const { people, repo, ann, agents, github } = bench;
      answers = [];
      agents.behave = async (turn) => {
        answers.push(await turn.ask('rm -rf build\u202e'));
        turn.say('Gone.');
        return 'end_turn';
      };
      issue = people.openIssue(ann, repo, { title: 'Clean up' });
      people.comment(ann, issue, '@threadcast clean up');
      const found = () => github.botComments(issue).find(({ body }) => body.includes('/approve/'));
      await bench.until(() => found() !== undefined);
      const comment = found();
      if (comment === undefined) throw new Error('nothing is asked');
      request = comment;
    }

    const linkIn = (body: string, text: string): string =>
      new RegExp(`\\[${text}\\]\\(([^)]+)\\)`).exec(body)?.[1] ?? '';
    const approval = (): string => linkIn(request.body, 'answer on its page');

    /** Opens the login link in a tab of its own, as whoever copies it from a terminal does. */
    async function logIn(): Promise<void> {
      const tab = await context.newPage();
      await tab.goto(login.mintLink(server.url));
      await tab.waitForURL(/\/(approve|sessions|threads|$)/);
      page = tab;
    }

    it('is answered on its page after a login, and the comment says so', async () => {
      await page.goto(approval());
      await page.getByRole('heading', { name: 'Log in to Threadcast' }).waitFor();
      expect(await page.content()).not.toContain('rm -rf');
      await logIn();
      expect(page.url()).toBe(approval());
      const shown = page.getByRole('region', { name: 'Example wants to change a file' });
      await shown.getByText('rm -rf build⟨U+202E⟩').waitFor();
      await shown.getByText('ann · GitHub').waitFor();
      expect(answers).toEqual([]);
      await shown.getByRole('button', { name: 'Allow once' }).click();
      await shown.getByText(/Allowed by You · Allow once/).waitFor();
      await bench.until(() => request.body.includes('Allowed by **the operator**'));
      expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
      expect(request.body).not.toContain('/approve/');
    });

    it('is answered by the keyboard alone, without the page running any script', async () => {
      await page.goto(approval());
      await logIn();
      const { cookies } = await context.storageState();
      const plain = await browser.newContext({ javaScriptEnabled: false });
      await plain.addCookies(cookies);
      const tab = await plain.newPage();
      await tab.goto(approval());
      await tab.getByRole('button', { name: 'Deny' }).focus();
      await tab.keyboard.press('Enter');
      await tab.getByText(/Denied by You · Deny/).waitFor();
      await plain.close();
      await bench.until(() => answers.length === 1);
      expect(answers).toEqual([{ outcome: 'selected', optionId: 'no' }]);
    });

    it('opens from a link on another site, where the strict cookie is not sent along', async () => {
      await page.goto(approval());
      await logIn();
      const elsewhere = 'https://forge.test/';
      await page.route(elsewhere, (route) =>
        route.fulfill({ contentType: 'text/html', body: `<a href="${approval()}">answer</a>` }),
      );
      await page.goto(elsewhere);
      await page.getByRole('link', { name: 'answer' }).click();
      await page.getByRole('button', { name: 'Allow once' }).waitFor();
      expect(answers).toEqual([]);
    });

    it('shows at once that somebody else was faster, and takes no second answer', async () => {
      await page.goto(approval());
      await logIn();
      await page.getByRole('button', { name: 'Allow once' }).waitFor();
      bench.people.tick(bench.mia, request, 'Deny');
      await bench.until(() => answers.length === 1);
      await bench.pass(1_000);
      await page.getByText(/Denied by mia/).waitFor();
      expect(await page.getByRole('button').count()).toBe(0);
    });

    it('leads from the header of a turn to its session, live, and back to the issue', async () => {
      const [turn] = bench.github.botComments(issue);
      await page.goto(linkIn(turn?.body ?? '', 'session page'));
      await logIn();
      await page.getByText('Started by ann · GitHub').waitFor();
      const thread = page.getByRole('link', { name: 'GitHub: Clean up' });
      expect(await thread.getAttribute('href')).toMatch(/\/acme\/shop\/issues\/\d+$/);
      const turns = page.getByRole('log', { name: 'Turns' });
      await turns.getByText('clean up').first().waitFor();
      await turns.getByRole('button', { name: 'Allow once' }).click();
      await bench.until(() => answers.length === 1);
      await bench.pass(1_000);
      await turns.getByText('Gone.').waitFor();
      await turns.getByText('done', { exact: true }).waitFor();
      await turns.getByText(/Allowed by You/).waitFor();
    });
  },
  60_000,
);
