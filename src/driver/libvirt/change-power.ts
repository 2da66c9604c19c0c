import { LIBVIRT_ERROR_CODE } from '../../libvirt/libvirt-error-code.js';
import { isLibvirtError } from '../../libvirt/libvirt-error.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { PowerAction } from '../types.js';
import { vmPower } from './inspect-slices.js';

/** The errors that libvirt's drivers return for a domain that is off. */
const { OPERATION_INVALID, INTERNAL_ERROR } = LIBVIRT_ERROR_CODE;

export interface PowerChange {
  readonly uuid: string;
  readonly action: PowerAction;
}

/** Does to a domain what `PowerAction` says. @throws LibvirtError */
export async function changePower(
  libvirt: LibvirtPool,
  { uuid, action }: PowerChange,
  signal: AbortSignal,
): Promise<void> {
  switch (action) {
    case 'start':
      return await start(libvirt, uuid, signal);
    case 'shutdown':
      return await libvirt.shutDownDomain(uuid, signal);
    case 'off':
      return await libvirt.destroyDomain(uuid, signal);
    case 'reboot':
      return await unlessOff(libvirt, uuid, () => libvirt.rebootDomain(uuid, signal));
    case 'reset':
      return await unlessOff(libvirt, uuid, () => libvirt.resetDomain(uuid, signal));
  }
}

async function start(libvirt: LibvirtPool, uuid: string, signal: AbortSignal): Promise<void> {
  const power = vmPower(await libvirt.domainState(uuid, signal));
  if (power === 'running') return;
  if (power === 'paused') return await libvirt.resumeDomain(uuid, signal);
  try {
    await libvirt.startDomain(uuid, signal);
  } catch (error) {
    // Somebody else was quicker.
    if (vmPower(await libvirt.domainState(uuid, signal)) !== 'running') throw error;
  }
}

async function unlessOff(libvirt: LibvirtPool, uuid: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isLibvirtError(error, OPERATION_INVALID, INTERNAL_ERROR)) throw error;
    if (vmPower(await libvirt.domainState(uuid)) !== 'off') throw error;
  }
}
