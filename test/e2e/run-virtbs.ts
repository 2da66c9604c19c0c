import { join } from 'node:path';
import { env } from 'node:process';
import spawn, { SubprocessError } from 'nano-spawn';
import { packageDirectory } from '../../src/package-directory.js';

export interface Ending {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why the tests on a real libvirt cannot run here, or false: they change networks, and so they ask for a throw-away host. */
export const noLab: string | false = env['VIRTBS_LAB']
  ? false
  : 'needs a throw-away host: bin/lab COMMAND, or bin/test';

// A cycle boots unless a test says otherwise: what it did before is nothing to the tests of all else.
env['VIRTBS_CHECKPOINT'] ??= 'no';

/** Runs `bin/virtbs` as a person would, in a folder of its own. */
export async function runVirtbs(cwd: string, ...args: readonly string[]): Promise<Ending> {
  return await run(cwd, [process.execPath, join(await packageDirectory(), 'bin', 'virtbs'), ...args]);
}

/** Runs any program and takes whatever end it comes to. */
export async function run(cwd: string, [program = '', ...args]: readonly string[]): Promise<Ending> {
  try {
    const { stdout, stderr } = await spawn(program, args, { cwd, stdin: 'ignore' });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (!(error instanceof SubprocessError)) throw error;
    return { code: error.exitCode ?? -1, stdout: error.stdout, stderr: error.stderr };
  }
}
