/** Agents: how one is launched, and what a running one told us about itself. */

/** argv of an agent process; never a shell line. */
export interface AgentSpawn {
  readonly command: string;
  readonly args: readonly string[];
}

/** Where a template's agent runs. `provider` names a registered Runtime. */
export interface AgentRuntimeSpec {
  readonly provider: string;
  readonly image?: string | undefined;
  readonly dockerfile?: string | undefined;
  readonly setup?: string | undefined;
  /** Environment of the sandbox; values are write-only over the API. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A named way to launch an agent. Every change is a new version; a session pins one. */
export interface AgentTemplate {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly spawn: AgentSpawn;
  readonly runtime: AgentRuntimeSpec;
  /** Environment of the agent process; values are write-only over the API. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Names of variables of the server's own environment that the agent may see (its model key). */
  readonly passEnv?: readonly string[] | undefined;
  /** Built in, or from configuration: synchronised at start, pruned when gone from there. */
  readonly managed: boolean;
}

/** ACP Mode. Ids are opaque. */
export interface AgentMode {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
}

/** ACP ConfigOption, as far as we read it; `raw` keeps everything. */
export interface AgentConfigOption {
  readonly id: string;
  readonly name: string;
  readonly category?: string | undefined;
  readonly type: string;
  readonly currentValue?: string | boolean | undefined;
  readonly options: readonly { readonly value: string; readonly name: string }[];
}

/** What an agent reported: `initialize` and `session/new|load|resume`, later updates applied. */
export interface AgentReport {
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly version?: string | undefined;
  readonly canLoad: boolean;
  readonly canResume: boolean;
  /** Kinds of ContentBlock beyond text and resource_link that it takes. */
  readonly promptKinds: readonly ('image' | 'audio' | 'resource')[];
  readonly modes: readonly AgentMode[];
  readonly currentModeId?: string | undefined;
  readonly configOptions: readonly AgentConfigOption[];
}
