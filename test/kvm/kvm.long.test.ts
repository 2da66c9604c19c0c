import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { run, runVirtbs } from '../e2e/run-virtbs.js';
import { ssh } from '../e2e/standing-slice.js';

const skip = env['VIRTBS_LAB'] === 'kvm' ? false : 'needs a host with KVM and AppArmor: lab/kvm COMMAND';
const HOST = 'plain-60';
const DOMAIN = `bs1-${HOST}`;
/** Milliseconds that a checkpoint is old before it is restored. */
const AGE = 60_000;
/** Seconds by which a guest's clock may be wrong. */
const CLOCK = 0.5;
const SAMPLES = 8;
const directory = t.testdir();

async function virtbs(t: Test, ...args: readonly string[]): Promise<string> {
  const began = performance.now();
  const { code, stdout, stderr } = await runVirtbs(directory, ...args);
  t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  t.comment(`${args.join(' ')}: ${((performance.now() - began) / 1000).toFixed(1)} s\n${stderr}`);
  return stdout;
}

async function cycle(t: Test): Promise<unknown> {
  const args = ['cycle', 'roles', 'plain:1', '--checkpoint', 'yes', '-E', 'checkpoint.memory=mapped', '-v', '--json'];
  return (JSON.parse(await virtbs(t, ...args)) as { readonly checkpoint: unknown }).checkpoint;
}

async function ask(command: string): Promise<string> {
  return (await ssh(directory, HOST, command)).stdout.trim();
}

async function domainXml(): Promise<string> {
  return (await run('/', ['virsh', '-c', 'qemu:///system', 'dumpxml', DOMAIN])).stdout;
}

interface Sample {
  /** Seconds that the answer took, and by which the guest's clock is ahead of the middle of them. */
  readonly took: number;
  readonly ahead: number;
  /** Seconds of a clock that never jumps: the guest's, and ours. */
  readonly guest: number;
  readonly here: number;
}

/** Asks a guest for its clocks, by one login, as its kernel has them: busybox's `date` knows whole seconds alone. */
async function sampleClocks(): Promise<readonly Sample[]> {
  const answer = 'grep -m1 "now at" /proc/timer_list; grep -m2 "offset:" /proc/timer_list | tail -n 1';
  const child = spawn('ssh', ['-F', 'sshconf-bs1', HOST, `sudo sh -c 'while read x; do ${answer}; done'`], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nanoseconds = async (): Promise<number> => Number(/(\d+) nsecs/.exec(String((await lines.next()).value))?.[1]);
  const samples: Sample[] = [];
  for (let each = 0; each < SAMPLES; each++) {
    const [began, here] = [Date.now() / 1000, performance.now() / 1000];
    child.stdin.write('\n');
    const [monotonic, offset] = [await nanoseconds(), await nanoseconds()];
    const ended = Date.now() / 1000;
    const ahead = (monotonic + offset) / 1e9 - (began + ended) / 2;
    samples.push({ took: ended - began, ahead, guest: monotonic / 1e9, here: here + (ended - began) / 2 });
  }
  child.stdin.end();
  await once(child, 'exit');
  return samples;
}

/** A sample that was answered quickly says most. */
function assertClock(t: Test, samples: readonly Sample[]): void {
  const [best] = samples.toSorted((one, other) => one.took - other.took);
  const [first, last] = [samples.at(1), samples.at(-1)]; // the first waits for sudo
  if (!best || !first || !last) throw new Error('no samples');
  t.comment(samples.map(({ took, ahead }) => `${ahead.toFixed(2)} ± ${(took / 2).toFixed(2)}`).join(', '));
  t.ok(Math.abs(best.ahead) < CLOCK + best.took / 2, `the clock is ${best.ahead} s ahead`);
  const gained = last.guest - first.guest - (last.here - first.here);
  t.ok(Math.abs(gained) < (first.took + last.took) / 2, `it gains ${gained} s in ${last.here - first.here} s`);
}

async function assertKernelCalm(t: Test): Promise<void> {
  t.equal(await ask('cat /sys/devices/system/clocksource/clocksource0/current_clocksource'), 'kvm-clock');
  t.notMatch(await ask('sudo dmesg'), /unstable|soft lockup|stall|Oops/i);
}

/** What AppArmor has refused an emulator of this VM since the host booted. */
async function refusals(): Promise<readonly string[]> {
  const uuid = /<uuid>(.*)<\/uuid>/.exec(await domainXml())?.[1] ?? '';
  const { stdout } = await run('/', ['dmesg']);
  return stdout.split('\n').filter((line) => line.includes('DENIED') && line.includes(`"libvirt-${uuid}"`));
}

t.test('the host has KVM in which VMs can run VMs, and AppArmor confines its emulators', { skip }, async (t) => {
  const { findings } = JSON.parse(await virtbs(t, 'host', 'check', '--json')) as {
    findings: { check: string; level: string; message: string }[];
  };
  const of = (name: string): unknown => findings.filter(({ check }) => check === name);
  t.match(of('kvm'), [
    { level: 'ok', message: /works/ },
    { level: 'ok', message: /nested/ },
  ]);
  t.match(of('security'), [{ level: 'ok', message: 'AppArmor, and libvirt uses it' }]);
});

t.test('memory is mapped on KVM under AppArmor, and goes on with the right time', { skip }, async (t) => {
  await virtbs(t, 'host', 'prepare', '--yes');
  t.match(await readFile('/etc/apparmor.d/local/abstractions/libvirt-qemu', 'utf8'), /profile_name/);
  await virtbs(t, 'checkpoint', 'rm', '--all');
  t.equal(await cycle(t), 'kept');
  const kept = Date.now();
  const [key = ''] = await readdir('/srv/virtbs/checkpoints');
  t.ok((await readdir(join('/srv/virtbs/checkpoints', key))).includes(`${HOST}.ram`), 'memory is a file');
  const xml = await domainXml();
  t.match(xml, /<domain type='kvm'/);
  t.match(xml, /<seclabel type='dynamic' model='apparmor'/);
  const pid = (await readFile(`/run/libvirt/qemu/${DOMAIN}.pid`, 'utf8')).trim();
  t.match(await readFile(`/proc/${pid}/attr/current`, 'utf8'), /^libvirt-[0-9a-f-]+ \(enforce\)/);
  t.match(await ask('cat /proc/cpuinfo'), /^flags.* svm /m, 'VMs in VMs in this host would have KVM');
  assertClock(t, await sampleClocks());
  await assertKernelCalm(t);
  const random = await ask('head -c 16 /dev/urandom | od -An -tx1');
  await ask('echo later >/tmp/later');

  await sleep(Math.max(0, kept + AGE - Date.now()));
  t.equal(await cycle(t), 'restored');
  const restored = await sampleClocks();
  assertClock(t, restored);
  await assertKernelCalm(t);
  t.not(await ask('head -c 16 /dev/urandom | od -An -tx1'), random);
  t.equal(await ask('cat /tmp/later 2>/dev/null'), '', 'what it did after it was kept is gone');
  const genid = /<genid>(.*)<\/genid>/;
  t.not(genid.exec(await domainXml())?.[1], genid.exec(xml)?.[1]);
  t.strictSame(await refusals(), []);
});

t.test('a snapshot brings memory back', { skip }, async (t) => {
  await ask('sudo mount -t tmpfs none /mnt; echo then | sudo tee /mnt/word');
  await virtbs(t, 'snapshot', 'one');
  await ask('echo later | sudo tee /mnt/word');
  await virtbs(t, 'restore', 'one');
  t.equal(await ask('cat /mnt/word'), 'then');
  assertClock(t, await sampleClocks());
  await assertKernelCalm(t);
  t.strictSame(await refusals(), []);
  await virtbs(t, 'wipe');
});
