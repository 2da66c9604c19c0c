import { getuid } from 'node:process';
import { runProgram } from '../../src/process/run-program.js';

/** Who a server of databases runs as: most refuse root. */
export async function serverAccount(): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (getuid?.() !== 0) return {};
  const id = async (option: string): Promise<number> => Number((await runProgram('id', [option, 'nobody'], {})).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
