/**
 * AgentConnector over ACP. One agent process = one connection for its whole life; when a handshake
 * fails, its process is ended before the caller learns of it.
 */
import { AppError } from '../core/model/errors.ts';
import type { AgentConnection, AgentConnector, OpenedSession } from '../core/ports/agent.ts';
import type { AgentProcess } from '../core/ports/runtime.ts';
import { configRequest } from './config-options.ts';
import { acceptedContent } from './content.ts';
import { handshake } from './handshake.ts';
import { objectIn, textIn } from './json.ts';
import { createLink } from './link.ts';
import type { Link, LinkDeps } from './link.ts';
import { loginGiven, loginNeeded, loginRefusal, withoutKey } from './login.ts';
import type { LoginGiven } from './login.ts';

export function createAgentConnector(deps: LinkDeps): AgentConnector {
  return {
    async open(process, options, handlers) {
      const login = loginGiven(options.launch);
      const onAbort = (): void => void process.end();
      options.signal.addEventListener('abort', onAbort, { once: true });
      try {
        options.signal.throwIfAborted();
        const link = createLink(process, handlers, deps);
        const opened = await handshake(
          { call: link.call, report: link.report, quiet: link.quiet, log: handlers.log },
          { cwd: process.cwd, mcpServers: options.mcpServers, previous: options.previous, login },
        );
        return { connection: createConnection(process, link, opened, login), opened };
      } catch (error) {
        await process.end();
        if (!options.signal.aborted) throw withoutKey(error, login);
        throw new AppError('agent_failed', 'The agent was stopped before it was ready.', {
          cause: error,
        });
      } finally {
        options.signal.removeEventListener('abort', onAbort);
      }
    },
  };
}

function createConnection(
  process: AgentProcess,
  link: Link,
  opened: OpenedSession,
  login: LoginGiven,
): AgentConnection {
  const sessionId = opened.acpSessionId;
  let prompting = false;

  return {
    exited: process.exited,

    async prompt(content) {
      if (prompting) {
        throw new AppError('conflict', 'The agent works on another prompt.', {
          details: { state: 'running' },
        });
      }
      prompting = true;
      try {
        const prompt = acceptedContent(content, link.report().promptKinds);
        const answer = await link.call('session/prompt', { sessionId, prompt });
        return {
          // `end_turn` for an agent that gives none: the turn did end.
          stopReason: textIn(answer, 'stopReason') ?? 'end_turn',
          usage: objectIn(answer, 'usage'),
        };
      } catch (error) {
        const refusal = loginRefusal(error);
        if (refusal === undefined) throw withoutKey(error, login);
        throw loginNeeded({ agentInfo: link.report() }, refusal, login);
      } finally {
        prompting = false;
      }
    },

    cancel() {
      // First the cancel, or an agent may take the answers for refusals and try something else.
      // The protocol wants every open request answered; core records its own answer beside it.
      void link.notify('session/cancel', { sessionId }).then(link.cancelPermissions);
    },

    async setConfig(id, value) {
      const { method, params, after } = configRequest(link.report(), id, value);
      const answer = await link.call(method, { sessionId, ...params });
      // The answer of set_config_option lists all options as they are now: it knows better.
      if (!Array.isArray(objectIn({ answer }, 'answer')?.['configOptions'])) {
        link.changeReport(after);
      }
      return link.report();
    },

    close: (options) => process.end(options),
  };
}
