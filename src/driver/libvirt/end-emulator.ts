import { setTimeout as sleep } from 'node:timers/promises';
import { LIBVIRT_ERROR_CODE } from '../../libvirt/libvirt-error-code.js';
import { isLibvirtError } from '../../libvirt/libvirt-error.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';

/** Milliseconds between two looks at a domain. */
const STEP = 5;
/** Milliseconds that an emulator may take to end by itself. */
const PATIENCE = 1000;

/**
 * Turns a domain off at once, by asking its emulator to end. libvirt alone looks only every 200 ms whether an emulator is gone that it
 * has ended. One that does not listen is ended by libvirt.
 */
export async function endEmulator(libvirt: LibvirtPool, domain: string): Promise<void> {
  const answer = { refused: false };
  const quit = libvirt.askMonitor(domain, { execute: 'quit' }).catch(() => {
    answer.refused = true;
  });
  const end = performance.now() + PATIENCE;
  while (!answer.refused && performance.now() < end) {
    if (await isOff(libvirt, domain)) break;
    await sleep(STEP);
  }
  // That ends an emulator that does not listen, too, and with it our question.
  await libvirt.destroyDomain(domain);
  await quit;
}

/** A domain that libvirt knows no more is off, too. */
async function isOff(libvirt: LibvirtPool, domain: string): Promise<boolean> {
  try {
    return (await libvirt.domainState(domain)) === 'shutoff';
  } catch (error) {
    if (isLibvirtError(error, LIBVIRT_ERROR_CODE.NO_DOMAIN)) return true;
    throw error;
  }
}
