import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { lockFile } from '../files/lock-file.js';
import { rootDirectories, rootPaths, slicePaths } from '../filenames.js';
import { readySliceKeys } from '../key/slice-keys.js';
import { runProgram } from '../process/run-program.js';
import { parseGroups } from './check-groups.js';
import { lacksMemoryRule } from './check-memory.js';
import { isLabelled, labelCommands } from './check-storage.js';
import { chooseDaemons } from './choose-daemons.js';
import type { Host } from './host.js';
import { readLibvirtFacts } from './libvirt-facts.js';
import { readMappedRecord } from './mapped-record.js';
import { addRule, memoryRule, RULES_PATH } from './memory-rule.js';

export interface PrepareOptions {
  readonly host: Host;
  readonly connect: string;
  readonly root: string;
  /** The slice whose key is made. */
  readonly slice: number;
  readonly packageDirectory: string;
}

/** Something that this machine lacks, and what is done about it. */
export interface Step {
  readonly what: string;
  /** The programs that are run, in this order; none where virtbs does it itself. */
  readonly commands: readonly (readonly string[])[];
  /** Carries out the step. Things that another step makes are looked at again after it. */
  readonly run: (context: VerbContext) => Promise<void>;
}

const NEEDS = 'run,mini';
const MODULAR_SOCKETS = ['virtqemud', 'virtnetworkd', 'virtstoraged', 'virtlogd', 'virtproxyd'] as const;
/** Milliseconds to wait for another virtbs that works on the slice. */
const LOCK_TIMEOUT = 60_000;
const SYSTEMD = '/run/systemd/system';

/**
 * Finds the steps that this machine needs, in the order in which they are to be done; none where it is prepared. Changes
 * nothing.
 */
export async function findSteps(options: PrepareOptions, signal: AbortSignal): Promise<readonly Step[]> {
  const steps = [
    await packagesStep(options),
    await daemonStep(options, signal),
    await groupsStep(options),
    await foldersStep(options),
    await labelStep(options),
    await memoryStep(options, signal),
    await keyStep(options),
  ];
  return steps.filter((step) => step !== null);
}

async function packagesStep({ host, packageDirectory }: PrepareOptions): Promise<Step | null> {
  const program = join(packageDirectory, 'bin/packages');
  const answer = await host.run(program, ['--missing', '--for', NEEDS]);
  const names = answer?.stdout.trim().split(/\s+/).filter(Boolean) ?? [];
  if (names.length === 0) return null;
  return programStep(`install ${names.join(', ')}`, [[program, '--install', '--for', NEEDS]]);
}

/** Starts the libvirt daemon, or the modular ones, now and with the machine; where systemd runs. */
async function daemonStep({ host, connect }: PrepareOptions, signal: AbortSignal): Promise<Step | null> {
  if (!(await host.stat(SYSTEMD))) return null;
  const daemons = await chooseDaemons(host);
  if (daemons === null) return null; // come with their package
  const modular = daemons === 'modular daemons';
  const units = modular ? MODULAR_SOCKETS.map((name) => `${name}.socket`) : ['libvirtd.service'];
  // Of several units systemctl says yes where one of them is enabled.
  const states = await Promise.all(units.map((unit) => host.run('systemctl', ['is-enabled', '--quiet', unit])));
  const facts = await readLibvirtFacts(connect, signal);
  const silent = facts instanceof VirtbsError && !/denied|authenticat/i.test(facts.message);
  if (states.every((state) => state?.code === 0) && !silent) return null;
  const command = ['systemctl', 'enable', '--now', ...units];
  return programStep(`start ${modular ? 'the libvirt daemons' : 'the libvirt daemon'}, now and with the machine`, [
    asRoot(host, command),
  ]);
}

async function groupsStep({ host }: PrepareOptions): Promise<Step | null> {
  const { user } = host;
  if (user.uid === 0) return null;
  const groups = parseGroups((await host.read('/etc/group')) ?? '');
  const wanted = ['libvirt', 'kvm'].filter((name) => {
    const group = groups.get(name);
    return group && !group.members.includes(user.name) && !user.groups.includes(group.gid);
  });
  if (wanted.length === 0) return null;
  return programStep(`put ${user.name} in the groups ${wanted.join(', ')}, from the next login on`, [
    asRoot(host, ['usermod', '-aG', wanted.join(','), user.name]),
  ]);
}

/** The folders under the root, ours, and open to the emulators' user for searching. */
async function foldersStep({ host, root }: PrepareOptions): Promise<Step | null> {
  const folders = rootDirectories(root);
  const facts = await Promise.all(folders.map((path) => host.stat(path)));
  const missing = folders.filter((_, index) => facts[index] === null);
  const writable = await Promise.all(folders.map((path) => host.writable(path)));
  const foreign = folders.filter((_, index) => facts[index] && writable[index] !== true);
  const closed = folders.filter((_, index) => facts[index] && (facts[index].mode & 0o001) === 0);
  const owner = host.user.uid === 0 ? [] : ['-o', host.user.name];
  const commands = [
    ...(foreign.length === 0 ? [] : [asRoot(host, ['chown', `${host.user.name}:`, ...foreign])]),
    ...(missing.length === 0 ? [] : [asRoot(host, ['install', '-d', '-m', '0755', ...owner, ...missing])]),
    ...(closed.length === 0 ? [] : [asRoot(host, ['chmod', 'o+x', ...closed])]),
  ];
  if (commands.length === 0) return null;
  return programStep(
    `make ${rootPaths(root).root} and what is in it: ${host.user.name}'s, open to emulators`,
    commands,
  );
}

async function labelStep({ host, root }: PrepareOptions): Promise<Step | null> {
  const { root: top } = rootPaths(root);
  if ((await host.read('/sys/fs/selinux/enforce')) === null || (await isLabelled(host, top))) return null;
  return programStep(
    `give ${top} the label of disk images`,
    labelCommands(top).map((command) => asRoot(host, command)),
  );
}

/** Memory of checkpoints can be mapped for root alone, so a rule for it is of use to root alone. */
async function memoryStep({ host, connect, root }: PrepareOptions, signal: AbortSignal): Promise<Step | null> {
  if (host.user.uid !== 0) return null;
  const libvirt = await readLibvirtFacts(connect, signal);
  if (libvirt instanceof VirtbsError || !(await lacksMemoryRule(host, { root, libvirt }))) return null;
  const [rule, record] = [await memoryRule(root), await readMappedRecord(root)];
  if (rule === null || record?.reason === null) return null;
  return {
    what: `let AppArmor open the memory of each VM to its own emulator: ${rule} in ${RULES_PATH}`,
    commands: [],
    run: async () => await addRule(rule),
  };
}

async function keyStep({ host, root, slice }: PrepareOptions): Promise<Step | null> {
  const paths = slicePaths(root, slice);
  if ((await host.stat(paths.publicKey)) && (await host.stat(paths.privateKey))) return null;
  return {
    what: `make the key of slice ${slice}: ${paths.privateKey}`,
    commands: [],
    async run({ emit, signal }) {
      await using _lock = await lockFile(paths.lock, {
        signal,
        timeout: LOCK_TIMEOUT,
        holder: `host prepare, slice ${slice}`,
        onWait: (holder) => emit({ type: 'lock-wait', what: `slice ${slice}`, holder }),
      });
      await readySliceKeys(paths, slice, { hostnames: [], signal });
    },
  };
}

function programStep(what: string, commands: Step['commands']): Step {
  return {
    what,
    commands,
    async run({ emit, signal }) {
      for (const [program = '', ...args] of commands) {
        await runProgram(program, args, { signal, onLine: (message) => emit({ type: 'debug', message }) });
      }
    },
  };
}

function asRoot(host: Host, command: readonly string[]): readonly string[] {
  return host.user.uid === 0 ? command : ['sudo', '--', ...command];
}
