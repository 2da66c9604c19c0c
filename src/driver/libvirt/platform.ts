import { readFile } from 'node:fs/promises';
import { canVirtualize } from '../../host/can-virtualize.js';
import { attribute, child, children, text } from '../../libvirt/xml-element.js';
import { parseXml } from '../../libvirt/xml.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VirtbsEvent } from '../../events.js';

/** What domains are made of on this hypervisor. */
export interface Platform {
  /** The type of a domain that may use whatever the host has. */
  readonly domainType: 'kvm' | 'qemu' | 'test';
  readonly arch: string;
  /** null where the hypervisor knows no machine types. */
  readonly machine: 'q35' | null;
  readonly emulator: string | null;
}

/**
 * Looks at what the hypervisor can do: KVM where it has it, else emulation, with one warning.
 *
 * @throws VirtbsError or LibvirtError where the hypervisor cannot run x86-64 guests
 */
export async function detectPlatform(
  libvirt: LibvirtPool,
  { emit, signal }: { readonly emit: (event: VirtbsEvent) => void; readonly signal: AbortSignal },
): Promise<Platform> {
  const { type } = await libvirt.identity(signal);
  if (type !== 'QEMU') return await detectOther(libvirt, signal);
  const query = { arch: 'x86_64', machine: 'q35' } as const;
  const capabilities = child(parseXml(await libvirt.domainCapabilities(query, signal)), 'domainCapabilities');
  const emulator = text(child(capabilities, 'path')) || null;
  const slow = await whyNoKvm(text(child(capabilities, 'domain')));
  if (slow !== null) {
    emit({ type: 'warning', message: `no KVM, ${slow}: VMs are emulated, many times slower` });
  }
  return { domainType: slow === null ? 'kvm' : 'qemu', arch: 'x86_64', machine: 'q35', emulator };
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
