/** Is this Node new enough? */
import type { Finding } from '../command.ts';

/** The `engines` of package.json: the first Node 22 whose node:sqlite has what we use. */
const LEAST = [22, 20] as const;

export function checkNode(version: string): readonly Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
  if (enough) return [{ state: 'good', says: `Node ${version}` }];
  return [
    {
      state: 'bad',
      says: `Node ${version} is too old.`,
      mend: `Use ${LEAST.join('.')} or newer. In a clone, "npm ci" brings the right one and "npm start" uses it.`,
    },
  ];
}
