import { VirtbsError } from '../../errors.js';
import { slicePaths } from '../../filenames.js';
import { LIBVIRT_ERROR_CODE } from '../../libvirt/libvirt-error-code.js';
import { isLibvirtError, type LibvirtError } from '../../libvirt/libvirt-error.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { SlicePlan, VmPlan } from '../../plan/plan.js';
import { settleAll } from '../../settle-all.js';
import { domainXml } from './domain-xml.js';
import type { Platform } from './platform.js';

export interface DomainCheck {
  readonly libvirt: LibvirtPool;
  readonly root: string;
  readonly platform: Platform;
}

/** The name that libvirt's driver for qemu has for the command that a domain is started by. */
const COMMAND_FORMAT = 'qemu-argv';

const { CONFIG_UNSUPPORTED, INTERNAL_ERROR, INVALID_ARG, OPERATION_UNSUPPORTED, XML_DETAIL, XML_ERROR } =
  LIBVIRT_ERROR_CODE;
/** A failure for any other reason, such as a daemon that does not let us ask, says nothing about the VM. */
const REFUSALS = [CONFIG_UNSUPPORTED, INTERNAL_ERROR, INVALID_ARG, OPERATION_UNSUPPORTED, XML_DETAIL, XML_ERROR];

/**
 * Throws where the hypervisor would refuse a VM of the plan: too many processors for the machine, no room for its devices,
 * graphics that the emulator was built without. libvirt itself is asked, once for VMs that are alike; drivers that start no
 * emulator are not asked.
 *
 * @throws VirtbsError `host-unready`, with a line for each kind of VM that is refused
 */
export async function checkDomains(plan: SlicePlan, check: DomainCheck, signal: AbortSignal): Promise<void> {
  const { platform } = check;
  if (platform.domainType === 'test') return;
  assertKvm(plan, platform);
  const kinds = [...new Map(plan.vms.toReversed().map((vm) => [kindOf(vm), vm])).values()].toReversed();
  const refusals = await settleAll(kinds.map((vm) => findRefusal(vm, { ...check, plan }, signal)));
  const reasons = refusals.filter((refusal) => refusal !== null);
  const [first] = reasons;
  if (!first) return;
  throw new VirtbsError('host-unready', reasons.map(({ text }) => text).join('\n'), {
    hint: 'change the role, or VMs that it gives; nothing was touched',
    cause: first.error,
  });
}

/** Returns the properties of a VM that the hypervisor can refuse. Names and addresses are not among them: they are ours. */
function kindOf({ role, memoryMiB, vcpu, disks, interfaces, cache, virtType, graphics, boot }: VmPlan): string {
  const targets = disks.map(({ target }) => target);
  return JSON.stringify([role, memoryMiB, vcpu, targets, interfaces.length, cache, virtType, graphics, boot]);
}

function assertKvm({ vms }: SlicePlan, { noKvm }: Platform): void {
  const names = vms.filter(({ virtType }) => virtType === 'kvm').map(({ hostname }) => hostname);
  if (noKvm === undefined || names.length === 0) return;
  throw new VirtbsError('host-unready', `${names.join(', ')}: "virt_type: kvm", and this host has no KVM: ${noKvm}`, {
    hint: 'say "virt_type: auto"; virtbs host check tells what KVM needs',
  });
}

interface Refusal {
  readonly text: string;
  readonly error: LibvirtError;
}

async function findRefusal(
  vm: VmPlan,
  { libvirt, root, platform, plan }: DomainCheck & { readonly plan: SlicePlan },
  signal: AbortSignal,
): Promise<Refusal | null> {
  const ownership = { slice: plan.slice, root, created: '', session: '', expires: null };
  const paths = slicePaths(root, plan.slice);
  const xml = domainXml(vm, { plan, platform, paths, ownership, image: null, kernel: null });
  try {
    await libvirt.tryDomain(COMMAND_FORMAT, xml, signal);
    return null;
  } catch (error) {
    if (!isLibvirtError(error, ...REFUSALS)) {
      if (isLibvirtError(error)) return null;
      throw error;
    }
    return { text: `${vm.hostname}: libvirt refuses it: ${error.message}`, error };
  }
}
