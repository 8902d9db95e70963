/** Is the database there, and will a start find its tables in order? */
import type { DatabaseState, Finding } from '../command.ts';
import { sentenceOf } from '../sentence.ts';

/** `look` rejects when the database does not answer. */
export async function checkDatabase(look: () => Promise<DatabaseState>): Promise<Finding[]> {
  try {
    return [judge(await look())];
  } catch (error) {
    const says = `The database cannot be read: ${sentenceOf(error).split('\n')[0]}`;
    return [{ state: 'bad', says, mend: 'Correct DATABASE_URL, or start that database.' }];
  }
}

function judge(found: DatabaseState): Finding {
  const database = `The database (${found.kind})`;
  switch (found.state) {
    case 'absent':
      return { state: 'note', says: `${database} will be made at the first start` };
    case 'in use':
      return { state: 'note', says: `${database} is in use by a running server` };
    case 'unread':
      return { state: 'note', says: `${database} is there; only a start can look inside` };
    case 'there':
      return judgeSchema(database, found.version, found.known);
  }
}

function judgeSchema(database: string, version: number, known: number): Finding {
  if (version === known) return { state: 'good', says: `${database} is up to date` };
  if (version === 0) {
    return { state: 'note', says: `${database} is empty; the next start makes its tables` };
  }
  if (version < known) {
    const says = `${database} has schema ${version}; the next start brings it to ${known}`;
    return { state: 'note', says };
  }
  return {
    state: 'bad',
    says: `${database} has schema ${version}, and this Threadcast knows schemas up to ${known}.`,
    mend: 'Start the newer Threadcast that made it, or restore a backup from before the update.',
  };
}
