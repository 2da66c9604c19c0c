import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { devicePath } from '../../host/host-routes.js';
import { runProgram } from '../../process/run-program.js';

/**
 * Takes away the bridge of a network that is ours and not active, where the kernel still has one: libvirt knows nothing of it
 * when its daemon was killed while it started the network, and could never start the network again. What has another MAC
 * address than the network, or a port, is somebody else's.
 *
 * @throws VirtbsError `libvirt-failed` where we may not
 */
export async function dropOrphanBridge(name: string, macs: readonly string[]): Promise<void> {
  const device = devicePath(name);
  const address = await readFile(join(device, 'address'), 'utf8').catch(() => '');
  if (!macs.includes(address.trim())) return;
  const ports = await readdir(join(device, 'brif')).catch(() => undefined);
  if (ports?.length !== 0) return;
  try {
    await runProgram('ip', ['link', 'delete', 'dev', name]);
  } catch (cause) {
    if (!(cause instanceof VirtbsError)) throw cause;
    const message = `bridge ${name} was left by a libvirt daemon that was killed: ${cause.message}`;
    throw new VirtbsError('libvirt-failed', message, { hint: `sudo ip link delete dev ${name}`, cause });
  }
}
