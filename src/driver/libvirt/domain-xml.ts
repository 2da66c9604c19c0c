import { consolePath, diskPath, seedPath, type SlicePaths } from '../../filenames.js';
import type { KernelBoot } from '../../image/types.js';
import { buildXml, type XmlElementContent } from '../../libvirt/xml.js';
import { SEED_SERIAL } from '../../plan/seed-serial.js';
import { diskSerial } from '../../plan/disk-serial.js';
import { diskTarget } from '../../plan/disk-target.js';
import { shareTag } from '../../plan/share-tag.js';
import type { DiskPlan, SharePlan, SlicePlan, VmPlan } from '../../plan/plan.js';
import { vmMetadata } from './metadata.js';
import type { Ownership } from '../ownership.js';
import type { Platform } from './platform.js';

export interface DomainOptions {
  readonly plan: SlicePlan;
  readonly platform: Platform;
  readonly paths: SlicePaths;
  readonly ownership: Ownership;
  /** `SLOT/BUILD` of the first disk that is cloned from an image. */
  readonly image: string | null;
  /** The kernel that the image wants to be booted by, where it has none of its own. */
  readonly kernel: KernelBoot | null;
}

/**
 * The XML of a VM: q35, virtio throughout, the serial console in a log file, no graphics unless asked for.
 *
 * The seed is a read-only virtio disk behind all others: kernels for clouds often have no driver for a CD-ROM, and
 * cloud-init finds it by its label.
 *
 * Source: https://libvirt.org/formatdomain.html
 */
export function domainXml(vm: VmPlan, options: DomainOptions): string {
  const { platform, paths, ownership, image } = options;
  const { hostname, role, offset, accessAddress, labels } = vm;
  const type = domainType(vm, platform);
  return buildXml('domain', {
    $: { type },
    name: vm.domain,
    uuid: vm.uuid,
    metadata: vmMetadata({ ...ownership, hostname, role, offset, accessAddress, image, labels, plan: vm }),
    memory: { $: { unit: 'MiB' }, _: vm.memoryMiB },
    ...(vm.share && platform.share === 'virtiofs' && SHARED_MEMORY),
    vcpu: vm.vcpu,
    os: operatingSystem(vm, options),
    features: { acpi: null, apic: null },
    // Libvirt gives a VM that goes on from saved memory another one, and tells its guest to renew its random numbers.
    ...(type !== 'test' && { genid: vm.uuid }),
    ...(type !== 'test' && { cpu: { $: { mode: type === 'kvm' ? 'host-passthrough' : 'maximum' } } }),
    clock: { $: { offset: 'utc' } },
    on_poweroff: 'destroy',
    on_reboot: 'restart',
    on_crash: 'destroy',
    devices: {
      ...(platform.emulator !== null && { emulator: platform.emulator }),
      disk: [...vm.disks.map((disk) => dataDisk(vm, disk, paths)), seedDisk(vm, paths)],
      controller: [{ $: { type: 'usb', model: 'none' } }],
      ...(vm.share && { filesystem: vm.share.map((share, index) => filesystem(share, index, platform)) }),
      interface: vm.interfaces.map((nic) => networkInterface(nic, options.plan)),
      serial: {
        $: { type: 'pty' },
        log: { $: { file: consolePath(paths, hostname), append: 'on' } },
        target: { $: { port: 0 } },
      },
      console: { $: { type: 'pty' }, target: { $: { type: 'serial', port: 0 } } },
      channel: { $: { type: 'unix' }, target: { $: { type: 'virtio', name: 'org.qemu.guest_agent.0' } } },
      ...graphics(vm),
      memballoon: { $: { model: 'virtio', freePageReporting: 'on' } },
      rng: { $: { model: 'virtio' }, backend: { $: { model: 'random' }, _: '/dev/urandom' } },
    },
  });
}

function domainType({ virtType }: VmPlan, { domainType: offered }: Platform): Platform['domainType'] {
  return offered === 'test' || virtType === 'auto' ? offered : virtType;
}

function operatingSystem({ boot }: VmPlan, { platform, kernel }: DomainOptions): XmlElementContent {
  const machine = platform.machine === null ? {} : { machine: platform.machine };
  const type = { $: { arch: platform.arch, ...machine }, _: 'hvm' };
  if (kernel) return { type, kernel: kernel.kernel, initrd: kernel.initrd, cmdline: kernel.cmdline };
  const devices = { disk: 'hd', network: 'network' } as const;
  return { type, boot: boot.map((device) => ({ $: { dev: devices[device] } })) };
}

function dataDisk(vm: VmPlan, disk: DiskPlan, paths: SlicePaths): XmlElementContent {
  return {
    $: { type: 'file', device: 'disk' },
    driver: {
      $: {
        name: 'qemu',
        type: 'qcow2',
        cache: vm.cache,
        discard: 'unmap',
        ...(vm.cache === 'none' && { io: 'native' }),
      },
    },
    source: { $: { file: diskPath(paths, vm.hostname, disk.name) } },
    target: { $: { dev: disk.target, bus: 'virtio' } },
    serial: diskSerial(disk),
  };
}

function seedDisk(vm: VmPlan, paths: SlicePaths): XmlElementContent {
  return {
    $: { type: 'file', device: 'disk' },
    driver: { $: { name: 'qemu', type: 'raw' } },
    source: { $: { file: seedPath(paths, vm.hostname) } },
    target: { $: { dev: diskTarget(vm.disks.length), bus: 'virtio' } },
    readonly: null,
    serial: SEED_SERIAL,
  };
}

/** The program that serves a folder works on the memory of the guest. */
const SHARED_MEMORY = { memoryBacking: { source: { $: { type: 'memfd' } }, access: { $: { mode: 'shared' } } } };

/**
 * A folder of this machine. By 9p the emulator itself serves it, with its own rights, and files that it makes are its user's; virtiofs has a program of
 * its own, with root's. libvirt knows no read-only virtiofs in its older versions: the guest mounts it so.
 *
 * Source: https://libvirt.org/formatdomain.html#filesystems, https://libvirt.org/kbase/virtiofs.html
 */
function filesystem({ source, readOnly }: SharePlan, index: number, platform: Platform): XmlElementContent {
  const virtiofs = platform.share === 'virtiofs';
  return {
    $: { type: 'mount', accessmode: virtiofs ? 'passthrough' : 'squash' },
    ...(virtiofs && { driver: { $: { type: 'virtiofs' } } }),
    source: { $: { dir: source } },
    target: { $: { dir: shareTag(index) } },
    ...(readOnly && !virtiofs && { readonly: null }),
  };
}

function networkInterface({ network, mac }: VmPlan['interfaces'][number], plan: SlicePlan): XmlElementContent {
  const bridge = plan.networks.find(({ name }) => name === network)?.bridge;
  if (bridge === undefined) throw new Error(`network "${network}" is not in the plan`);
  return {
    $: { type: 'network' },
    mac: { $: { address: mac } },
    source: { $: { network: bridge } },
    model: { $: { type: 'virtio' } },
  };
}

function graphics({ graphics: kind }: VmPlan): XmlElementContent {
  if (kind === 'none') return {};
  const listen = { $: { type: 'address', address: '127.0.0.1' } };
  return {
    graphics: { $: { type: kind, autoport: 'yes', listen: '127.0.0.1' }, listen },
    video: { model: { $: { type: 'virtio' } } },
  };
}
