import type { KernelBoot } from '../../image/types.js';
import { buildXml, type XmlElementContent } from '../../libvirt/xml.js';
import { SEED_SERIAL } from '../../plan/seed-serial.js';
import type { BuildNetworkPlan } from './build-network-xml.js';
import { buildMetadata, type BuildOwnership } from './metadata.js';
import type { Platform } from './platform.js';

export interface BuildDomain {
  readonly network: BuildNetworkPlan;
  readonly ownership: BuildOwnership;
  readonly platform: Platform;
  readonly memory: number;
  readonly vcpu: number;
  readonly boot: KernelBoot | undefined;
  /** Paths. */
  readonly disk: string;
  readonly seed: string;
  /** The log of the first serial port, the guest's console. */
  readonly console: string;
  /** The second serial port: `PATH.out` is a pipe that gets what the guest writes, `PATH.in` one that nobody writes to. */
  readonly channel: string;
}

/**
 * The XML of a build VM: as that of a slice's VM, but with one NIC and a second serial port, and gone when it is off. A guest
 * that reboots has gone astray.
 *
 * Source: https://libvirt.org/formatdomain.html
 */
export function buildDomainXml(domain: BuildDomain): string {
  const { network, ownership, platform, memory, vcpu } = domain;
  const type = platform.domainType;
  return buildXml('domain', {
    $: { type },
    name: network.name,
    metadata: buildMetadata(ownership),
    memory: { $: { unit: 'MiB' }, _: memory },
    vcpu,
    os: operatingSystem(domain),
    features: { acpi: null, apic: null },
    ...(type !== 'test' && { cpu: { $: { mode: type === 'kvm' ? 'host-passthrough' : 'maximum' } } }),
    clock: { $: { offset: 'utc' } },
    on_poweroff: 'destroy',
    on_reboot: 'destroy',
    on_crash: 'destroy',
    devices: {
      ...(platform.emulator !== null && { emulator: platform.emulator }),
      disk: [rootDisk(domain), seedDisk(domain)],
      controller: [{ $: { type: 'usb', model: 'none' } }],
      interface: {
        $: { type: 'network' },
        mac: { $: { address: network.mac } },
        source: { $: { network: network.name } },
        model: { $: { type: 'virtio' } },
      },
      serial: [
        { $: { type: 'pty' }, log: { $: { file: domain.console, append: 'on' } }, target: { $: { port: 0 } } },
        { $: { type: 'pipe' }, source: { $: { path: domain.channel } }, target: { $: { port: 1 } } },
      ],
      console: { $: { type: 'pty' }, target: { $: { type: 'serial', port: 0 } } },
      memballoon: { $: { model: 'none' } },
      rng: { $: { model: 'virtio' }, backend: { $: { model: 'random' }, _: '/dev/urandom' } },
    },
  });
}

function operatingSystem({ platform: { arch, machine }, boot }: BuildDomain): XmlElementContent {
  const type = { $: { arch, ...(machine !== null && { machine }) }, _: 'hvm' };
  return boot ? { type, ...boot } : { type, boot: { $: { dev: 'hd' } } };
}

/**
 * Returns the element of the root disk. Blocks that the guest gives back are taken out of the file; the host's cache is
 * enough for a disk that is thrown away if it fails.
 */
function rootDisk({ disk }: BuildDomain): XmlElementContent {
  return {
    $: { type: 'file', device: 'disk' },
    driver: { $: { name: 'qemu', type: 'qcow2', cache: 'unsafe', discard: 'unmap', detect_zeroes: 'unmap' } },
    source: { $: { file: disk } },
    target: { $: { dev: 'vda', bus: 'virtio' } },
  };
}

function seedDisk({ seed }: BuildDomain): XmlElementContent {
  return {
    $: { type: 'file', device: 'disk' },
    driver: { $: { name: 'qemu', type: 'raw' } },
    source: { $: { file: seed } },
    target: { $: { dev: 'vdb', bus: 'virtio' } },
    readonly: null,
    serial: SEED_SERIAL,
  };
}
