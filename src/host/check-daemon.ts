import { VirtbsError } from '../errors.js';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import type { LibvirtFacts } from './libvirt-facts.js';

const { ok, warn, fail } = findings('daemon');

const OLDEST_MAJOR = 8;
const MODULAR = ['virtqemud', 'virtnetworkd'] as const;

/** A libvirt daemon, or the modular ones, answers for domains and networks, is new enough, and is there after a restart. */
export async function checkDaemon(
  host: Host,
  connect: string,
  libvirt: LibvirtFacts | VirtbsError,
): Promise<readonly Finding[]> {
  if (libvirt instanceof VirtbsError) return [fail(libvirt.message, libvirt.hint ?? 'virtbs host prepare')];
  const { type, version } = libvirt;
  if (type !== 'QEMU') return [fail(`${connect} is of the type ${type}`, 'use --connect qemu:///system')];
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    return [fail(`libvirt ${version} is too old`, `update to libvirt ${OLDEST_MAJOR}.0 or newer`)];
  }
  // libvirt takes this one where it is there, whoever listens at libvirt-sock: beside modular daemons it is virtproxyd.
  const modular = (await host.list('/run/libvirt')).includes('virtqemud-sock');
  const kind = modular ? 'modular daemons' : 'one daemon';
  return [ok(`libvirt ${version}, ${kind}, at ${connect}`), ...(await checkStart(host, modular))];
}

/** Checks that the daemon or its socket is enabled, where systemd starts the services. */
async function checkStart(host: Host, modular: boolean): Promise<readonly Finding[]> {
  if (!(await host.stat('/run/systemd/system'))) return [];
  const names = modular ? MODULAR : (['libvirtd'] as const);
  const states = await Promise.all(
    names.map(async (name) => {
      const answers = await Promise.all(
        [`${name}.socket`, `${name}.service`].map((unit) => host.run('systemctl', ['is-enabled', unit])),
      );
      return { name, enabled: answers.some((answer) => answer?.code === 0) };
    }),
  );
  return states
    .filter(({ enabled }) => !enabled)
    .map(({ name }) =>
      warn(`${name} is not started when the machine starts`, `sudo systemctl enable ${name}.socket ${name}.service`),
    );
}
