/** The main job, as a person does it in Chromium and a program does it beside them. */
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChromium, launchChromium, NO_CHROMIUM } from '../harness/browser.ts';
import { startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { personAt } from './person.ts';
import type { Person } from './person.ts';
import { logged, openSocket, pendingPermission, readLog, sessionOfThread } from './program.ts';

const chromium = findChromium();
const directory = await temporaryDirectory();
afterAll(() => directory.remove());

describe.skipIf(chromium === undefined)(
  `the main job${chromium === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let browser: Browser;
    let server: ServerProcess;
    let context: BrowserContext;
    let person: Person;

    beforeAll(async () => {
      browser = await launchChromium(chromium ?? '');
      server = await startServerProcess({ dataDir: directory.path });
      // Kept for all tests: the link works once.
      context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
      const first = await personAt(context);
      await first.page.goto(server.loginUrl);
      await first.page.waitForURL(`${server.url}/`);
      await first.page.close();
    });
    afterAll(async () => {
      await browser?.close();
      await server?.kill();
    });
    beforeEach(async () => {
      person = await personAt(context);
      await person.page.goto(server.url);
    });
    afterEach(async () => {
      const { problems } = person;
      await person.page.close();
      expect(problems).toEqual([]);
    });

    /** Starts a thread and gives the ids of it and of its session. */
    async function start(text: string): Promise<{ threadId: string; sessionId: string }> {
      await person.write(text);
      await person.page.waitForURL(/\/threads\/t_/);
      const threadId = new URL(person.page.url()).pathname.split('/').at(-1) ?? '';
      return { threadId, sessionId: await sessionOfThread(server, threadId) };
    }
    const log = () => person.page.getByRole('log', { name: 'Messages' });

    it('goes from a message over a plan and a permission with its diff to a click and the result', async () => {
      const { sessionId } = await start('ask');
      await log().getByRole('button', { name: 'Allow', exact: true }).waitFor();
      await person.untilTurn('waiting');
      expect(await person.message(0)).toMatchInlineSnapshot(`
        "You · <time>
        ask"
      `);
      expect(await person.message(1)).toMatchInlineSnapshot(`
        "Example agent
        waiting for you
        <duration>
        Stop
        done:
        Look at the workspace
        now:
        Write hello.md
        to do:
        Say what changed
        I will write a small file, hello.md. First a look at the workspace.
        List the workspace
        done
        There is no README here, and no other file.
        Write hello.md
        +3 −0
        waiting"
      `);
      expect(await person.message(2)).toMatchInlineSnapshot(`
        "Example agent wants to change a file
        <code>
        hello.md
        new file
        +3 −0
        +# Hello
        +
        +The example agent wrote this file, and asked first.
        Allow
        Allow for this session
        Reject
        edit · asked for by You · expires <duration> · or type /approve <code> or /deny <code>"
      `);
      const { code } = await pendingPermission(server, sessionId);
      await log().getByText(code, { exact: true }).waitFor();
      await expect.poll(() => person.page.title()).toBe('● ask · Threadcast');

      await log().getByRole('button', { name: 'Allow', exact: true }).click();
      await person.untilTurn('done');
      expect(await log().getByRole('button', { name: 'Allow', exact: true }).count()).toBe(0);
      const seen = await person.thread();
      expect(seen).toMatchInlineSnapshot(`
        "You · <time>
        ask
        ---
        Example agent
        done
        <duration>
        <time>
        done:
        Look at the workspace
        done:
        Write hello.md
        done:
        Say what changed
        I will write a small file, hello.md. First a look at the workspace.
        List the workspace
        done
        There is no README here, and no other file.
        Write hello.md
        +3 −0
        done
        Done: hello.md is written. Say ask again and I will add a line to it.
        <count> of 200,000 tokens of context
        ---
        Allowed by You · Allow · <time>
        Write hello.md"
      `);

      await person.page.reload();
      await log().getByText('Done: hello.md is written.').waitFor();
      expect(await person.thread()).toBe(seen);
    });

    it('streams an answer into one message while it is written', async () => {
      await start('slow');
      await log().getByText('1 of 40: still here.').waitFor();
      expect(await log().getByText('3 of 40').count()).toBe(0);
      await log().getByText('3 of 40: still here.').waitFor();
      expect(await log().locator('.turn').count()).toBe(1);
      await log().getByRole('button', { name: 'Stop' }).click();
      await person.untilTurn('stopped');
    });

    it('queues a second message with its place in line, runs it after a stop, and says who stopped', async () => {
      const { sessionId } = await start('slow');
      await log().getByText('1 of 40').waitFor();
      await person.write('plan');
      await log().getByText('number 1 in line').waitFor();
      const queue = person.page.getByRole('region', { name: 'Queue' });
      await queue.getByText('1 in line').waitFor();
      await queue.getByText('plan', { exact: true }).waitFor();
      const { data } = await server.api<{ data: unknown[] }>('GET', '/sessions');
      expect(data).toContainEqual(expect.objectContaining({ id: sessionId, state: 'running' }));

      await log().getByRole('button', { name: 'Stop' }).click();
      await person.untilTurn('done');
      await log().getByText('Every step is done.').waitFor();
      await queue.waitFor({ state: 'hidden' });
      expect(await log().locator('.turn').first().getAttribute('data-state')).toBe('stopped');
      const turns = (await readLog(server, sessionId)).filter(({ type }) => type === 'turn.ended');
      expect(turns.map(({ data: { stopReason } }) => stopReason)).toEqual([
        'cancelled',
        'end_turn',
      ]);
    });

    it('shows why a turn failed, and Retry runs it again', async () => {
      const { sessionId } = await start('fail');
      await person.untilTurn('failed');
      expect(await person.message(1)).toMatchInlineSnapshot(`
        "Example agent
        failed
        <duration>
        <time>
        You asked for it:
        The agent answered session/prompt with an error: the example agent fails when it hears the word "fail"
        Retry"
      `);
      await log().getByRole('button', { name: 'Retry' }).click();
      await log().locator('.turn').nth(1).and(person.page.locator('[data-state=failed]')).waitFor();
      const started = (await readLog(server, sessionId)).filter(
        ({ type }) => type === 'prompt.started',
      );
      expect(started).toHaveLength(2);
    });

    it('shows a second page the same at the same time', async () => {
      await start('ask');
      const second = await personAt(context);
      await second.page.goto(person.page.url());
      await second.page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
      await log().getByRole('button', { name: 'Reject' }).click();
      await second.untilTurn('done');
      await person.untilTurn('done');
      expect(await second.thread()).toBe(await person.thread());
      expect(await second.thread()).toContain('Denied by');
      expect(second.problems).toEqual([]);
      await second.page.close();
    });

    it('lets a program see the same session, answer its question, and shows the person who did', async () => {
      const { threadId, sessionId } = await start('ask');
      const channels = await openSocket(server, '/ws');
      channels.send({ action: 'subscribe', channel: `session:${sessionId}`, since: 0 });
      await channels.until(({ event }) => event?.type === 'permission.requested');
      const session = await server.api('GET', `/sessions/${sessionId}`);
      expect(session).toMatchObject({
        agentTemplateId: 'example',
        state: 'running',
        turn: { text: 'ask', actor: { surface: 'web' } },
        threads: [{ id: threadId, surface: 'web', title: 'ask' }],
        pendingPermission: { title: 'Write hello.md' },
      });

      await log().getByRole('button', { name: 'Allow', exact: true }).waitFor();
      const { requestId } = await pendingPermission(server, sessionId);
      const route = `/sessions/${sessionId}/permissions/${requestId}`;
      await server.api('POST', route, { optionId: 'allow' });
      await log().getByText('Allowed by admin').waitFor();
      await person.untilTurn('done');
      expect(await person.message(2)).toMatchInlineSnapshot(`
        "Allowed by admin · Allow · <time>
        Write hello.md"
      `);
      const again = server.api('POST', route, { optionId: 'reject' });
      await expect(again).rejects.toThrow(/409 .*Already allowed by admin: Allow\./);

      // What the program says by WebSocket stands in the person's thread, with its author.
      channels.send({ action: 'prompt', sessionId, text: 'think about it' });
      await log().getByText('the answer is 42').waitFor();
      await person.untilTurn('done');
      expect(await person.message(3)).toMatchInlineSnapshot(`
        "Example agent
        done
        <duration>
        <time>
        think about it
        admin · api
        Thought
        I thought about it, and the answer is 42.
        <count> of 200,000 tokens of context"
      `);
      const last = (await readLog(server, sessionId)).length;
      await channels.until(({ seq }) => seq === last);
      const seqs = channels.messages.flatMap(({ seq }) => seq ?? []);
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      channels.close();
    });

    it('takes the answer of a person who types it', async () => {
      const { sessionId } = await start('ask');
      const { code } = await pendingPermission(server, sessionId);
      await person.write(`/deny ${code} not today`);
      await person.untilTurn('done');
      await log().getByText('All right, I left hello.md alone.').waitFor();
      await log().getByText('Denied by You').waitFor();
      // The reason reaches the agent as its next prompt.
      await logged(
        server,
        sessionId,
        ({ type, data }) => type === 'prompt.queued' && String(data['text']).includes('not today'),
      );
    });
  },
  60_000,
);
