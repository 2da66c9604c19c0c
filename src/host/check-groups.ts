import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';

const { ok, warn, fail } = findings('groups');

/**
 * The user may talk to libvirt's daemon: root, or in the group libvirt since the last login.
 *
 * @param answers the daemon has let us in, by whatever rule
 */
export async function checkGroups(host: Host, answers: boolean): Promise<readonly Finding[]> {
  const { user } = host;
  if (user.uid === 0) return [ok('root may do all')];
  if (answers) return [ok(`libvirt lets ${user.name} in`), ...(await checkKvmGroup(host))];
  const groups = parseGroups((await host.read('/etc/group')) ?? '');
  const libvirt = groups.get('libvirt');
  if (!libvirt) return [fail('there is no group libvirt', 'install libvirt: virtbs host prepare')];
  if (!user.groups.includes(libvirt.gid)) {
    const member = libvirt.members.includes(user.name);
    return [
      member
        ? fail(
            `${user.name} is in the group libvirt, but not yet in this session`,
            'log out and in, or: newgrp libvirt',
          )
        : fail(
            `${user.name} is not in the group libvirt`,
            `sudo usermod -aG libvirt ${user.name}, then log out and in`,
          ),
    ];
  }
  return [ok(`${user.name} is in the group libvirt`), ...(await checkKvmGroup(host))];
}

async function checkKvmGroup(host: Host): Promise<readonly Finding[]> {
  const { user } = host;
  const kvm = parseGroups((await host.read('/etc/group')) ?? '').get('kvm');
  if (kvm === undefined || user.groups.includes(kvm.gid)) return [];
  const message = `${user.name} is not in the group kvm: programs that are run without libvirt emulate`;
  return [warn(message, `sudo usermod -aG kvm ${user.name}, then log out and in`)];
}

/** Groups by name. Source: group(5) */
export function parseGroups(
  text: string,
): ReadonlyMap<string, { readonly gid: number; readonly members: readonly string[] }> {
  return new Map(
    text
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length >= 3)
      .map(([name = '', , gid = '', members = '']) => [
        name,
        { gid: Number(gid), members: members.split(',').filter(Boolean) },
      ]),
  );
}
