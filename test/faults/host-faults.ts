import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../e2e/run-virtbs.js';
import type { Fault } from './fault.js';
import { takeTraces } from './host-traces.js';
import { assertClear, assertRecovers, must, NotSurvived, suffer, virtbs, type Lane } from './lane.js';
import { spreadPoints } from './spread-points.js';
import { tryOut, type Outcome } from './trial.js';

export interface HostFaultsOptions {
  /** A lane that was warmed up. */
  readonly lane: Lane;
  /** How many times the points of the short form. */
  readonly factor: number;
  /** What is there while the lane is empty. */
  readonly before: readonly string[];
  readonly onOutcome: (outcome: Outcome) => void;
}

const CYCLE = ['cycle', 'roles', 'idle:2', '--no-wait'];
const DAEMON_PID = '/run/libvirtd.pid';
const KILL_DAEMON = `p=$(cat ${DAEMON_PID}); kill -9 $p; timeout 30 tail --pid=$p -f /dev/null`;
const END_DAEMON = KILL_DAEMON.replace('-9 ', '');
const START_DAEMON = 'libvirtd -d; timeout 60 sh -c "until virsh -q uri >/dev/null 2>&1; do sleep 0.05; done"';
/** VMs have been started, and are not waited for yet. */
const STARTED = 'rename .*sshconf-bs';

/** What happens to the host, or beside virtbs. Needs the host for itself. */
export async function hostFaults(options: HostFaultsOptions): Promise<void> {
  // Where libvirt runs as several daemons there is no one process to end.
  if (existsSync(DAEMON_PID)) await daemonFaults(options);
  await emulatorFaults(options);
  await diskFull(options);
  await namesTaken(options);
  await locks(options);
  await eightSlices(options);
  await clockJumps(options);
}

/** Lets it happen to a cycle, tidies up where that is not for virtbs to do, and wants the next cycle and wipe to succeed. */
async function tryCycle(
  { lane, before, onOutcome }: HostFaultsOptions,
  [kind, event]: readonly [kind: string, event: string],
  {
    fault,
    command = CYCLE,
    expect,
    tidy,
    login = false,
  }: {
    readonly fault?: Fault;
    readonly command?: readonly string[];
    /** Endings that are right, of 0 and 1. */
    readonly expect: readonly number[];
    readonly tidy?: (() => Promise<void>) | undefined;
    readonly login?: boolean;
  },
): Promise<void> {
  const outcome = await tryOut(kind, event, async (note) => {
    try {
      const { ending, stderr } = await suffer(lane, command, fault);
      const [, error] = /^error: (.*)/m.exec(stderr) ?? [];
      note(error === undefined ? `exit ${ending}` : `exit ${ending}, ${error}`);
      if (!expect.includes(Number(ending))) throw new NotSurvived(`ended with ${ending}: ${stderr.trim()}`);
    } finally {
      await tidy?.();
    }
    await assertRecovers(lane, before, { login });
  });
  onOutcome(outcome);
  // What was left is told; it is not told again, and is in the way of no other fault.
  if (outcome.left === null) return;
  await virtbs(lane, 'wipe');
  await run('/', ['ip', 'link', 'del', `bs${lane.slice}-net`]);
}

async function shell(command: string): Promise<void> {
  const { code, stderr } = await run('/', ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
}

async function daemonFaults(options: HostFaultsOptions): Promise<void> {
  const { lane, factor } = options;
  const { steps } = await suffer(lane, CYCLE);
  await must(lane, 'wipe');
  for (const [index, { at, when }] of spreadPoints(steps, Math.ceil(3 * factor), 'SIGKILL').entries()) {
    const [how, end] = index % 2 === 0 ? ['killed', KILL_DAEMON] : ['ended', END_DAEMON];
    const fault = { at, when, command: `${end}; ${START_DAEMON}` };
    await tryCycle(options, ['libvirtd restarted', `${how} ${when} ${steps[Number(at) - 1]}`], {
      fault,
      expect: [0, 1],
    });
  }
  for (const { at } of spreadPoints(steps, Math.ceil(2 * factor), 'SIGKILL')) {
    await tryCycle(options, ['libvirtd gone', `before ${steps[Number(at) - 1]}`], {
      fault: { at, when: 'before', command: KILL_DAEMON },
      expect: [0, 1],
      async tidy() {
        // Nothing can be done without it, and that is what virtbs has to say.
        const wiped = await virtbs(lane, 'wipe');
        await shell(START_DAEMON);
        assertClear(['wipe'], { ...wiped, ending: wiped.code });
        if (wiped.code !== 1) throw new NotSurvived(`wipe without libvirtd: exit ${wiped.code}`);
      },
    });
  }
}

async function emulatorFaults(options: HostFaultsOptions): Promise<void> {
  const { slice } = options.lane;
  const pid = `$(cat /run/libvirt/qemu/bs${slice}-plain-60.pid)`;
  const command = ['cycle', 'roles', 'plain:1'];
  await tryCycle(options, ['qemu killed while booting', 'before the wait'], {
    fault: { at: STARTED, when: 'before', command: `kill -9 ${pid}` },
    command,
    expect: [1],
    login: true,
  });
  await tryCycle(options, ['a hung guest', 'stopped before the wait'], {
    fault: { at: STARTED, when: 'before', command: `kill -STOP ${pid}` },
    command: [...command, '--timeout', '4'],
    expect: [1],
  });
}

/** The root on a small file system, which becomes larger before the next cycle. */
async function diskFull(options: HostFaultsOptions): Promise<void> {
  const { lane, factor } = options;
  const root = join(lane.directory, 'small');
  const images = join(root, 'images');
  await mkdir(root);
  await shell(
    `mount -t tmpfs -o size=64m,mode=755 tmpfs ${root} && mkdir ${images} && mount --bind /srv/virtbs/images ${images}`,
  );
  const settings = ['capacity.reserve_disk=1KiB', 'capacity.disk_overcommit=1000000'].flatMap((setting) => [
    '-E',
    setting,
  ]);
  const small: Lane = { ...lane, options: [...lane.options, '--root', root, ...settings] };
  await must(small, ...CYCLE);
  await must(small, 'cycle', 'roles', 'idle:1', '--no-wait');
  await must(small, 'wipe');
  const before = await takeTraces(lane.parent);
  const count = Math.ceil(4 * factor);
  for (let index = 0; index < count; index++) {
    const free = Math.round(4 * 1.9 ** ((index * 10) / count));
    await tryCycle({ ...options, lane: small, before }, ['disk full', `${free} KiB free`], {
      fault: {
        at: 1,
        when: 'before',
        command: `fallocate -l $(($(df --output=avail -k ${root} | tail -n 1) - ${free}))K ${root}/ballast`,
      },
      expect: [0, 1],
      tidy: async () => await shell(`rm -f ${root}/ballast`),
    });
  }
  await shell(`umount ${images} && umount ${root} && rmdir ${root}`);
}

async function namesTaken(options: HostFaultsOptions): Promise<void> {
  const name = `bs${options.lane.slice}-net`;
  const file = join(options.lane.directory, 'foreign.xml');
  const xml = `<network><name>${name}</name><bridge name="foreign0"/></network>`;
  const takers = [
    [
      'network name taken',
      ['mkdir', 'call virNetworkDefineXMLFlags'],
      `echo '${xml}' >${file}; virsh -q net-define ${file}; rm ${file}`,
      `virsh -q net-undefine ${name}`,
    ],
    [
      'bridge name taken',
      ['mkdir', 'call virNetworkDefineXMLFlags', 'call virNetworkCreate$'],
      `ip link add ${name} type bridge`,
      `ip link del ${name}`,
    ],
  ] as const;
  for (const [kind, points, take, giveBack] of takers) {
    for (const at of options.factor < 1 ? points.slice(-1) : points) {
      // Giving it back fails where virtbs has taken it away.
      await tryCycle(options, [kind, `before ${at}`], {
        fault: { at, when: 'before', command: take },
        expect: [1],
        tidy: async () => await shell(giveBack),
      });
    }
  }
}

async function locks({ lane, before, onOutcome }: HostFaultsOptions): Promise<void> {
  const taken = 'call virDomainDefineXMLFlags';
  const outcome = await tryOut('a lock holder dies', `stopped before ${taken}, then killed`, async () => {
    let started = (_pid: number): void => undefined;
    const holder = new Promise<number>((resolve) => {
      started = resolve;
    });
    const held = suffer(lane, CYCLE, { at: taken, when: 'before', signal: 'SIGSTOP' }, started);
    const pid = await holder;
    await untilStopped(pid);
    const refused = await virtbs(lane, ...CYCLE, '--timeout', '1');
    const waiting = must(lane, ...CYCLE);
    process.kill(pid, 'SIGKILL');
    const [, { stderr }] = await Promise.all([held.catch(() => undefined), waiting]);
    if (refused.code !== 1 || !/is locked by process \d+: cycle of slice/.test(refused.stderr)) {
      throw new NotSurvived(`the one that was not to wait: exit ${refused.code}: ${refused.stderr}`);
    }
    if (stderr.includes('error')) throw new NotSurvived(stderr);
    await assertRecovers(lane, before);
  });
  onOutcome(outcome);
  const both = await tryOut('two cycles at once', 'of one slice', async () => {
    await Promise.all([must(lane, ...CYCLE), must(lane, 'cycle', 'roles', 'idle:1', '--no-wait')]);
    await assertRecovers(lane, before);
  });
  onOutcome(both);
}

async function untilStopped(pid: number): Promise<void> {
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(20)) {
    if (/^State:\s*T/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))) return;
  }
  throw new Error(`process ${pid} was not stopped`);
}

async function eightSlices({ lane, onOutcome }: HostFaultsOptions): Promise<void> {
  const lanes = Array.from({ length: 8 }, (_, index): Lane => {
    const slice = 20 + index;
    return { ...lane, slice, options: ['-s', String(slice), ...lane.options.slice(2)] };
  });
  await Promise.all(lanes.map((each) => must(each, 'cycle', 'roles', 'idle:1', '--no-wait')));
  await Promise.all(lanes.map((each) => must(each, 'wipe')));
  const before = await takeTraces(lane.parent);
  const outcome = await tryOut('eight slices at once', 'cycle, cycle, wipe', async () => {
    await Promise.all(
      lanes.map(async (each) => {
        await must(each, 'cycle', 'roles', 'idle:1', '--no-wait');
        await must(each, 'cycle', 'roles', 'idle:1', '--no-wait');
        await assertRecovers(each, before);
      }),
    );
  });
  onOutcome(outcome);
}

async function clockJumps(options: HostFaultsOptions): Promise<void> {
  const year = 365 * 24 * 3600;
  const points = ['mkdir', 'call virDomainDefineXMLFlags'];
  for (const [index, jump] of [-year, year].entries()) {
    for (const at of options.factor < 1 ? points.slice(index, index + 1) : points) {
      await tryCycle(options, ['clock jumps', `by ${jump} s before ${at}`], {
        fault: { at, when: 'before', jump },
        expect: [0],
      });
    }
  }
}
