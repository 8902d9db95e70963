/**
 * The example agent: an ACP agent over stdio without a model, so that everything can be tried with
 * no account anywhere. Run: `node src/example-agent/main.ts`. EXAMPLE_DELAY_MS (default 15) is the
 * pause after each piece of text.
 */
import { once } from 'node:events';
import { homedir } from 'node:os';
import { Readable, Writable } from 'node:stream';
import { agent, methods, ndJsonStream } from '@agentclientprotocol/sdk';
import type { AgentContext } from '@agentclientprotocol/sdk';
import { createHistory } from './history.ts';
import { commandsUpdate, createExampleSessions } from './sessions.ts';

// A process of its own, not a part of the server: its environment is its own, too.
// oxlint-disable-next-line node/no-process-env
const delay = Number(process.env['EXAMPLE_DELAY_MS'] ?? 15);
const sessions = createExampleSessions({
  history: createHistory(homedir()),
  delayMs: Number.isFinite(delay) && delay >= 0 ? delay : 15,
  async writeRaw(text) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  },
});

/** After the answer, as most agents do: a client must bear updates outside of a turn. */
function announceCommands(client: AgentContext, sessionId: string): void {
  setImmediate(() => {
    void client.notify('session/update', { sessionId, update: commandsUpdate() });
  });
}

const connection = agent({ name: 'threadcast-example-agent' })
  .onRequest(methods.agent.initialize, () => ({
    protocolVersion: 1,
    agentInfo: { name: 'threadcast-example', title: 'Example agent', version: '1.0.0' },
    agentCapabilities: {
      loadSession: true,
      promptCapabilities: { image: false, audio: false, embeddedContext: true },
      sessionCapabilities: { resume: {} },
    },
    authMethods: [],
  }))
  .onRequest(methods.agent.session.new, async ({ params, client }) => {
    const session = await sessions.create(params.cwd);
    announceCommands(client, session.sessionId);
    return session;
  })
  .onRequest(methods.agent.session.load, async ({ params, client }) => {
    const { history, ...state } = await sessions.open(params.sessionId, params.cwd);
    for (const update of history) {
      await client.notify('session/update', { sessionId: params.sessionId, update });
    }
    announceCommands(client, params.sessionId);
    return state;
  })
  .onRequest(methods.agent.session.resume, async ({ params, client }) => {
    const { history: _, ...state } = await sessions.open(params.sessionId, params.cwd);
    announceCommands(client, params.sessionId);
    return state;
  })
  .onRequest(methods.agent.session.prompt, ({ params, client }) =>
    sessions.prompt(client, params.sessionId, params.prompt),
  )
  .onNotification(methods.agent.session.cancel, ({ params }) => sessions.cancel(params.sessionId))
  .onRequest(methods.agent.session.setMode, ({ params }) => {
    sessions.setMode(params.sessionId, params.modeId);
    return {};
  })
  .onRequest(methods.agent.session.setConfigOption, ({ params }) => ({
    configOptions: sessions.setOption(params.sessionId, params.configId, params.value),
  }))
  .connect(
    ndJsonStream(
      Writable.toWeb(process.stdout),
      Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>,
    ),
  );

// The client closed stdin: nobody is there any more.
void connection.closed.then(() => process.exit(0));
