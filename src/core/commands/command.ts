/** What a message asks for, as the parser gives it: closed unions, so that core switches exhaustively. */

/** Every verb of the command language (chat.md §2), those that come later included. */
export type ChatVerb = Command['verb'] | 'link' | 'unlink';

/** Inline options before free text. `repo` is `owner/name`. */
export interface PromptOptions {
  readonly repo?: string | undefined;
  readonly branch?: string | undefined;
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  readonly mode?: string | undefined;
}

/** Places in the queue count from 1. */
export type QueueCommand =
  | { readonly verb: 'queue'; readonly action: 'show' | 'clear' | 'pause' | 'resume' }
  | { readonly verb: 'queue'; readonly action: 'cancel'; readonly position: number }
  | {
      readonly verb: 'queue';
      readonly action: 'move';
      readonly from: number;
      readonly to: number;
    };

export type Command =
  | { readonly verb: 'help'; readonly topic: ChatVerb | null }
  | { readonly verb: 'status' }
  | { readonly verb: 'sessions' }
  | { readonly verb: 'stop' }
  | QueueCommand
  | { readonly verb: 'steer'; readonly text: string }
  | { readonly verb: 'new'; readonly text: string; readonly options: PromptOptions }
  /** Chooses the agent of the thread's next session; null: which there are. */
  | { readonly verb: 'agent'; readonly agent: string | null }
  /** null: which there are. */
  | { readonly verb: 'model'; readonly model: string | null }
  | { readonly verb: 'mode'; readonly mode: string | null }
  /** `code` in lower case. */
  | { readonly verb: 'approve'; readonly code: string }
  | { readonly verb: 'deny'; readonly code: string; readonly reason: string | null }
  /** `edited`: with the text that the message reads now. */
  | { readonly verb: 'retry'; readonly edited: boolean }
  | { readonly verb: 'continue' }
  | { readonly verb: 'close' }
  | { readonly verb: 'usage' }
  | { readonly verb: 'ok-to-run' }
  | { readonly verb: 'mute' }
  | { readonly verb: 'unmute' }
  | { readonly verb: 'whoami' };

export type ParsedMessage =
  | { readonly kind: 'command'; readonly command: Command }
  /** `message`: Markdown for the person who wrote it, safe to show. */
  | { readonly kind: 'error'; readonly message: string; readonly verb?: ChatVerb | undefined }
  /** `text`: what the person wrote without the mention and the options. */
  | { readonly kind: 'prompt'; readonly text: string; readonly options: PromptOptions }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

export type IgnoredReason = 'empty' | 'aside' | 'for_somebody_else' | 'not_addressed';
