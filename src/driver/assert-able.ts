import { VirtbsError } from '../errors.js';
import type { Ability, DriverFeatures } from './types.js';

const WITHOUT: Readonly<Record<Ability, string>> = {
  create: 'no VMs can be made',
  destroy: 'VMs cannot be taken away',
  power: 'VMs cannot be turned on and off',
  snapshot: 'the state of VMs cannot be kept',
  usage: 'what VMs use cannot be told',
  'build-vm': 'there is no VM to customize images with',
  share: 'VMs cannot see folders of this machine',
  commit: "no image can be made of a VM's disk",
};

/** Throws where a driver has declared that it cannot do something of what is needed. @throws VirtbsError `driver-unable` */
export function assertAble(
  { features: { unable } }: { readonly features: DriverFeatures },
  ...needed: readonly Ability[]
): void {
  const ability = needed.find((each) => unable[each] !== undefined);
  if (ability === undefined) return;
  const reason = unable[ability];
  throw new VirtbsError('driver-unable', `${WITHOUT[ability]}: ${reason}`, {
    hint: 'another --driver may be able to, or another --connect',
  });
}
