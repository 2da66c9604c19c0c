import { VirtbsError } from '../../src/errors.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';

/** Why tests cannot call libvirt here, or false where they can. */
export const noLibvirt: string | false = await findObstacle();

async function findObstacle(): Promise<string | false> {
  try {
    await using libvirt = await openLibvirt('test:///default');
    return libvirt ? false : 'no libvirt';
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'libvirt-missing') return error.message;
    throw error;
  }
}
