import { renderSize } from '../../text/render-size.js';
import { VirtbsError } from '../../errors.js';
import { unknownWord } from '../../text/unknown-word.js';
import type { VmPlan } from '../../plan/plan.js';
import type { FlavorResource } from './resources.js';

const MIB = 1024 ** 2;

const GIBIBYTE = 1024 ** 3;

export interface FlavorRequest {
  readonly vm: VmPlan;
  /** By name or id. */
  readonly wanted: string | undefined;
  /** Whether its first disk is a volume, so that the flavor needs none. */
  readonly volume: boolean;
}

/** The flavor that is wanted, or the smallest that has the memory, processors and disk of the VM. @throws VirtbsError `plan-invalid` */
export function chooseFlavor(
  flavors: readonly FlavorResource[],
  { vm, wanted, volume }: FlavorRequest,
): FlavorResource {
  if (wanted !== undefined) {
    const found = flavors.find(({ id, name }) => name === wanted || id === wanted);
    if (found) return found;
    const names = flavors.map(({ name }) => name);
    throw new VirtbsError('plan-invalid', `role "${vm.role}": ${unknownWord('unknown flavor', wanted, names)}`, {
      hint: `flavors of the cloud: ${names.join(', ')}`,
    });
  }
  const disk = volume ? 0 : diskGiB(vm.disks[0]?.sizeBytes ?? 0);
  const fitting = flavors.filter(
    (flavor) =>
      flavor['OS-FLV-DISABLED:disabled'] !== true &&
      flavor.ram >= vm.memoryMiB &&
      flavor.vcpus >= vm.vcpu &&
      flavor.disk >= disk,
  );
  const [smallest] = fitting.toSorted(
    (one, other) => one.ram - other.ram || one.vcpus - other.vcpus || one.disk - other.disk,
  );
  if (smallest) return smallest;
  throw new VirtbsError(
    'plan-invalid',
    `role "${vm.role}": no flavor has ${renderSize(vm.memoryMiB * MIB)}, ${vm.vcpu} vcpu and ${disk} GiB of disk`,
    { hint: `flavors of the cloud: ${flavors.map(describeFlavor).join(', ')}` },
  );
}

export function diskGiB(bytes: number): number {
  return Math.ceil(bytes / GIBIBYTE);
}

function describeFlavor({ name, ram, vcpus, disk }: FlavorResource): string {
  return `${name} (${renderSize(ram * MIB)}, ${vcpus} vcpu, ${disk} GiB)`;
}
