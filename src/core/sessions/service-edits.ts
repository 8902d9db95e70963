/** Texts that were edited too late for their turn: kept in the log, run again when somebody says so. */
import { createHash } from 'node:crypto';
import { AppError } from '../model/errors.ts';
import { deriveId, type PromptId, type SessionId } from '../model/ids.ts';
import type { TurnView } from '../model/transcript.ts';
import { readTranscript } from './history.ts';
import { commitAsGuest, refusal, type ServiceDeps } from './service-deps.ts';
import { accept } from './service-prompts.ts';
import type { SessionService } from './service.ts';

type Methods = Pick<SessionService, 'offerEdit' | 'runEdit'>;

export function editMethods(deps: ServiceDeps): Methods {
  const { store, guard } = deps;
  return {
    async offerEdit(caller, promptId, text) {
      const prompt = await store.prompt(promptId);
      if (prompt === undefined || prompt.startedAt === null) return false;
      const { sessionId } = prompt;
      await guard.check('prompt', caller, { sessionId, promptId });
      if (sameWords(prompt.text, text)) return false;
      const by = { ...caller.actor };
      const result = await commitAsGuest(deps, sessionId, {
        events: [{ type: 'prompt.edited', data: { promptId, text, by } }],
      });
      if (!result.ok) throw refusal(result);
      return true;
    },
    async runEdit(caller, id, promptId, check) {
      await guard.check('prompt.retry', caller, { sessionId: id });
      const { promptId: original, edit } = await editedTurn(deps, id, promptId);
      check?.(edit.text);
      const content = (await store.prompt(original))?.content ?? [];
      const context = content.filter((block) => block.type !== 'text');
      return accept(deps, caller, id, {
        content: [...context, { type: 'text', text: edit.text }],
        // The same edit is run once, whoever asks for it again.
        promptId: await deriveId('p', JSON.stringify(['edit', original, hashOf(edit.text)])),
        editOf: original,
      });
    },
  };
}

async function editedTurn(deps: ServiceDeps, id: SessionId, promptId: PromptId | undefined) {
  const { turns } = await readTranscript(deps.store, id);
  const isEdited = (turn: TurnView): turn is TurnView & Required<Pick<TurnView, 'edit'>> =>
    turn.edit !== undefined && (promptId === undefined || turn.promptId === promptId);
  const turn = [...turns.values()].findLast(isEdited);
  if (turn !== undefined) return turn;
  throw new AppError('conflict', 'No message here was edited after its turn had begun.');
}

/** Space and line ends aside: nobody wants to run a turn again for those. */
const sameWords = (a: string, b: string): boolean =>
  a.replace(/\s+/g, ' ').trim() === b.replace(/\s+/g, ' ').trim();

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
