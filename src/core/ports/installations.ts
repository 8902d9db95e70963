/** Accounts of a surface that installed us, with their secrets as the edge sealed them. */

export interface Installation {
  readonly surface: string;
  /** Outbound account: a workspace. */
  readonly account: string;
  /** Encrypted; only the edge that wrote it can read it. */
  readonly sealed: string;
  readonly updatedAt: number;
}

export interface InstallationStore {
  /** Inserts, or replaces the account's earlier one. */
  save(installation: Installation): Promise<void>;
  installation(surface: string, account: string): Promise<Installation | undefined>;
  /** By account. */
  installations(surface: string): Promise<readonly Installation[]>;
  remove(surface: string, account: string): Promise<void>;
}
