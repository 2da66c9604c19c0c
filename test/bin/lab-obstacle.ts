import { existsSync } from 'node:fs';
import { VirtbsError } from '../../src/errors.js';
import { runProgram } from '../../src/process/run-program.js';

/** Why no throw-away host can be made here, or false where one can: the `skip` of a test that makes one. */
export async function labObstacle(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!['libvirtd', 'virtqemud'].some((daemon) => existsSync(`/usr/sbin/${daemon}`)))
    return 'no libvirt daemon is installed';
  try {
    await runProgram('unshare', ['--net', '--mount', '--pid', '--uts', '--ipc', '--fork', 'true']);
    return false;
  } catch (error) {
    if (error instanceof VirtbsError) return 'namespaces are not permitted';
    throw error;
  }
}
