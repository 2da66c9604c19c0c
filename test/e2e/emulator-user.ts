import { readFile, stat, writeFile } from 'node:fs/promises';
import { env } from 'node:process';
import type { Test } from 'tap';
import { noLab, run } from './run-virtbs.js';

const QEMU_SETTINGS = '/etc/libvirt/qemu.conf';
const DAEMON_PID = '/run/libvirtd.pid';

/** The user that libvirt of the distribution runs emulators as, or why a test of it is skipped. */
export async function findEmulatorUser(): Promise<{ uid?: number; skip?: string | false }> {
  if (noLab !== false) return { skip: noLab };
  if (env['VIRTBS_LAB'] === 'kvm') return { skip: 'emulators are that user here' };
  if (!(await stat(DAEMON_PID).catch(() => undefined))) return { skip: 'libvirt runs as several daemons here' };
  const { code, stdout } = await run('/', ['sh', '-c', 'id -u libvirt-qemu 2>/dev/null || id -u qemu']);
  return code === 0 ? { uid: Number(stdout), skip: false } : {};
}

/** Lets the lab's libvirt run emulators as that user, to the end of the test. */
export async function runEmulatorsAs(t: Test, uid: number): Promise<void> {
  const settings = await readFile(QEMU_SETTINGS, 'utf8');
  t.teardown(() => restartLibvirt(settings));
  await restartLibvirt(settings.replaceAll('"root"', `"+${uid}"`));
}

/** Ends the lab's libvirt and starts it again with these settings of qemu.conf. */
async function restartLibvirt(settings: string): Promise<void> {
  const pid = (await readFile(DAEMON_PID, 'utf8')).trim();
  await writeFile(QEMU_SETTINGS, settings);
  await run('/', ['kill', pid]);
  await run('/', ['timeout', '30', 'tail', `--pid=${pid}`, '-f', '/dev/null']);
  await run('/', ['libvirtd', '-d']);
  await run('/', ['timeout', '30', 'sh', '-c', 'until virsh -q uri; do sleep 0.05; done']);
}
