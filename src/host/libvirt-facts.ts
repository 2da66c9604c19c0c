import { VirtbsError } from '../errors.js';
import { openLibvirt } from '../libvirt/open-libvirt.js';
import { attribute, child, children, text } from '../libvirt/xml-element.js';
import { parseXml } from '../libvirt/xml.js';

/** The facts that the hypervisor tells about itself. */
export interface LibvirtFacts {
  /** `QEMU`, `TEST`, … */
  readonly type: string;
  /** `9.0.0` */
  readonly version: string;
  /** The user that emulators run as; null where libvirt does not change it. */
  readonly emulatorUser: { readonly uid: number; readonly gid: number } | null;
  /** `apparmor`, `selinux`, … */
  readonly securityModels: readonly string[];
  /** Domains may be of the type kvm. */
  readonly offersKvm: boolean;
}

/**
 * Asks for domains and networks too: with modular daemons each of them is served by a daemon of its own.
 *
 * @returns what was found, or why nobody answers
 */
export async function readLibvirtFacts(connect: string, signal: AbortSignal): Promise<LibvirtFacts | VirtbsError> {
  try {
    await using libvirt = await openLibvirt(connect, { connections: 1, signal });
    const { type, libvirtVersion } = await libvirt.identity(signal);
    const capabilities = await libvirt.capabilities(signal);
    await libvirt.listDomains(null, signal);
    await libvirt.listNetworks(null, signal);
    return { type, version: libvirtVersion, ...parseCapabilities(capabilities) };
  } catch (error) {
    if (error instanceof VirtbsError && error.code !== 'cancelled') return error;
    if (signal.aborted || !(error instanceof Error)) throw error;
    return new VirtbsError('libvirt-unreachable', `${connect}: ${error.message}`, {
      hint: 'virtbs host prepare',
      cause: error,
    });
  }
}

/** @param xml as in https://libvirt.org/formatcaps.html */
export function parseCapabilities(xml: string): Omit<LibvirtFacts, 'type' | 'version'> {
  const capabilities = child(parseXml(xml), 'capabilities');
  const models = children(child(capabilities, 'host'), 'secmodel');
  const dac = models.find((model) => text(child(model, 'model')) === 'dac');
  const label = children(dac, 'baselabel').find((base) => attribute(base, 'type') === 'kvm');
  const [, uid, gid] = /^\+(\d+):\+(\d+)$/.exec(text(label)) ?? [];
  const names = models.map((model) => text(child(model, 'model')));
  const domains = children(capabilities, 'guest').flatMap((guest) => children(child(guest, 'arch'), 'domain'));
  return {
    emulatorUser: uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) },
    securityModels: names.filter((name) => name !== '' && name !== 'none' && name !== 'dac'),
    offersKvm: domains.some((domain) => attribute(domain, 'type') === 'kvm'),
  };
}
