import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import type { LibvirtFacts } from './libvirt-facts.js';

const { ok, warn, fail } = findings('security');

/** Folders whose files virt-aa-helper gives to no VM. Source: valid_path() in libvirt's src/security/virt-aa-helper.c */
const REFUSED = ['/bin/', '/etc/', '/lib', '/lost+found/', '/proc/', '/sbin/', '/selinux/', '/sys/', '/usr/'];

/** Checks what confines emulators here, and whether they may read the root. */
export async function checkSecurity(
  host: Host,
  { root, libvirt }: { readonly root: string; readonly libvirt: LibvirtFacts | null },
): Promise<readonly Finding[]> {
  const models = libvirt?.securityModels ?? [];
  const appArmor = (await host.read('/sys/module/apparmor/parameters/enabled'))?.trim() === 'Y';
  const enforce = (await host.read('/sys/fs/selinux/enforce'))?.trim();
  const refused = appArmorRefuses(root);
  if (models.includes('apparmor') && refused !== undefined) {
    return [fail(`AppArmor lets no VM read what is under ${refused}`, 'choose a root under /srv or /var/lib: --root')];
  }
  const found = [
    ...(appArmor ? [describe('AppArmor', models.includes('apparmor'))] : []),
    ...(enforce === undefined
      ? []
      : [describe(`SELinux ${enforce === '1' ? 'enforcing' : 'permissive'}`, models.includes('selinux'))]),
  ];
  if (found.length === 0) return [ok('neither AppArmor nor SELinux')];
  const unused = libvirt !== null && models.length === 0;
  const text = found.join(', ');
  return unused ? [warn(text, 'unset security_driver in /etc/libvirt/qemu.conf and restart libvirt')] : [ok(text)];
}

/** The folder that the root is in, where that is one whose files AppArmor gives to no VM. */
export function appArmorRefuses(root: string): string | undefined {
  return REFUSED.find((folder) => `${root}/`.startsWith(folder));
}

function describe(name: string, used: boolean): string {
  return used ? `${name}, and libvirt uses it` : `${name}, not used by libvirt`;
}
