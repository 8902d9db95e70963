/** InstallationStore in memory. */
import type { Installation, InstallationStore } from '../../src/core/ports/installations.ts';

export function createMemoryInstallations(): InstallationStore & {
  readonly rows: ReadonlyMap<string, Installation>;
} {
  const rows = new Map<string, Installation>();
  return {
    rows,
    save: async (installation) => {
      rows.set(`${installation.surface}/${installation.account}`, installation);
    },
    installation: async (surface, account) => rows.get(`${surface}/${account}`),
    installations: async (surface) => [...rows.values()].filter((row) => row.surface === surface),
    remove: async (surface, account) => {
      rows.delete(`${surface}/${account}`);
    },
  };
}
