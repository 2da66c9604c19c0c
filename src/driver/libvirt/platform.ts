import { readFile } from 'node:fs/promises';
import { canVirtualize } from '../../host/can-virtualize.js';
import { findVirtiofsd } from '../../host/find-virtiofsd.js';
import { openHost } from '../../host/host.js';
import { attribute, child, children, text } from '../../libvirt/xml-element.js';
import { parseXml } from '../../libvirt/xml.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VirtbsEvent } from '../../events.js';

/** The emulator, machine and devices for domains on this hypervisor. */
export interface Platform {
  /** The type of a domain that may use whatever the host has. */
  readonly domainType: 'kvm' | 'qemu' | 'test';
  /** The reason why VMs are emulated and not virtualized, where they are. */
  readonly noKvm?: string;
  readonly arch: string;
  /** null where the hypervisor knows no machine types. */
  readonly machine: 'q35' | null;
  readonly emulator: string | null;
  /** How VMs see folders of this machine: 9p where not given. */
  readonly share?: 'virtiofs' | '9p';
}

export interface PlatformContext {
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
  /** Tells whether a warning of that name was not given before. */
  readonly isNew: (warning: string) => Promise<boolean>;
}

/**
 * Looks at what the hypervisor can do: KVM where it has it, else emulation, with one warning.
 *
 * @throws VirtbsError or LibvirtError where the hypervisor cannot run x86-64 guests
 */
export async function detectPlatform(
  libvirt: LibvirtPool,
  { emit, signal, isNew }: PlatformContext,
): Promise<Platform> {
  const { type } = await libvirt.identity(signal);
  if (type !== 'QEMU') return await detectOther(libvirt, signal);
  const query = { arch: 'x86_64', machine: 'q35' } as const;
  const capabilities = child(parseXml(await libvirt.domainCapabilities(query, signal)), 'domainCapabilities');
  const emulator = text(child(capabilities, 'path')) || null;
  const slow = await whyNoKvm(text(child(capabilities, 'domain')));
  if (slow !== null && (await isNew('no-kvm'))) {
    emit({ type: 'warning', message: `no KVM, ${slow}: VMs are emulated, many times slower` });
  }
  return {
    domainType: slow === null ? 'kvm' : 'qemu',
    ...(slow !== null && { noKvm: slow }),
    arch: 'x86_64',
    machine: 'q35',
    emulator,
    share: (await canShareByVirtiofs(capabilities, signal)) ? 'virtiofs' : '9p',
  };
}

/**
 * Tells whether emulator and libvirt know virtiofs and shared memory, and its program is installed.
 *
 * Source: https://libvirt.org/formatdomaincaps.html
 */
async function canShareByVirtiofs(capabilities: unknown, signal: AbortSignal): Promise<boolean> {
  const values = (element: unknown, name: string): readonly string[] =>
    children(element, 'enum')
      .filter((each) => attribute(each, 'name') === name)
      .flatMap((each) => children(each, 'value').map(text));
  const filesystem = child(child(capabilities, 'devices'), 'filesystem');
  if (!values(filesystem, 'driverType').includes('virtiofs')) return false;
  if (!values(child(capabilities, 'memoryBacking'), 'sourceType').includes('memfd')) return false;
  return (await findVirtiofsd(openHost(signal))) !== null;
}

/** libvirt's own test driver, and whatever else there may be: the first guest that it offers. */
async function detectOther(libvirt: LibvirtPool, signal: AbortSignal): Promise<Platform> {
  const capabilities = child(parseXml(await libvirt.capabilities(signal)), 'capabilities');
  const guest = children(capabilities, 'guest').find((candidate) => text(child(candidate, 'os_type')) === 'hvm');
  const arch = attribute(child(guest, 'arch'), 'name') ?? 'x86_64';
  return { domainType: 'test', arch, machine: null, emulator: null };
}

/**
 * A kernel can have /dev/kvm while the processor cannot virtualize, in a VM that hides it for example; guests then hang.
 */
async function whyNoKvm(offered: string): Promise<string | null> {
  if (offered !== 'kvm') return 'libvirt offers none';
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => null);
  if (cpuinfo === null || canVirtualize(cpuinfo)) return null;
  return 'the processor shows neither vmx nor svm';
}
