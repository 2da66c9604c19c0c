import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env, execPath, stderr, stdout } from 'node:process';
import { renderTable } from '../src/cli/render/table.js';
import { canVirtualize } from '../src/host/can-virtualize.js';
import { packageDirectory } from '../src/package-directory.js';
import { runProgram } from '../src/process/run-program.js';
import { median } from './run-measured.js';

const USAGE = 'usage: bench/tasks [--image SLOT] [ROUNDS [COUNT…]]   (image mini, 3 rounds on 1, 8 and 16 VMs)\n';

/** Tasks of the chain, and of those side by side. */
const MANY = 100;

/**
 * On each count of VMs, in turn: tasks that do nothing, in a chain and side by side. Of each the time of a call with one task is
 * taken off, so that what is left is what a further task costs.
 */
async function main(args: readonly string[]): Promise<void> {
  const image = args[0] === '--image' ? args[1] : undefined;
  const [rounds = '3', ...words] = image === undefined ? args : args.slice(2);
  const counts = words.length > 0 ? words : ['1', '8', '16'];
  if (env['VIRTBS_LAB'] === undefined || ![rounds, ...counts].every((word) => /^[1-9][0-9]*$/.test(word))) {
    stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  const rows = [['VMs', '', 'CALL WITH 1 TASK s', `CHAIN OF ${MANY}: ms A TASK`, `${MANY} SIDE BY SIDE: ms A TASK`]];
  try {
    for (const count of counts) {
      const role = { memory: '512MiB', disks: { root: { size: '4GiB', image_slot: image } } };
      const other = image === undefined ? [] : ['-E', `machine_matrix.roles.worker=${JSON.stringify(role)}`];
      await virtbs(directory, ...other, 'cycle', '-q', '--checkpoint=no', '--timeout=900', 'roles', `worker:${count}`);
      const python = image === undefined ? {} : { 'ansible-playbook, command': playbook('command: "true"') };
      for (const [name, measure] of Object.entries({ ...TOOLS, ...python })) {
        const figures = { one: [] as number[], chain: [] as number[], side: [] as number[] };
        for (let round = 0; round < Number(rounds); round++) {
          figures.one.push(await measure(directory, 1, 'chain'));
          figures.chain.push(await measure(directory, MANY, 'chain'));
          figures.side.push(await measure(directory, MANY, 'side'));
          stderr.write(`${count} VMs, ${name}, round ${round + 1}\n`);
        }
        const one = median(figures.one);
        const further = (times: readonly number[]): string => ((median(times) - one) / (MANY - 1)).toFixed(1);
        rows.push([count, name, (one / 1000).toFixed(2), further(figures.chain), further(figures.side)]);
      }
      await virtbs(directory, 'wipe', '-q');
    }
  } finally {
    // What was measured is told, also where it broke off.
    if (rows.length > 1) stdout.write(`${renderTable(rows)}\n${describeMachine()}\n`);
    await rm(directory, { recursive: true, force: true });
  }
}

function describeMachine(): string {
  const load = loadavg().map((each) => each.toFixed(1));
  const kvm = existsSync('/dev/kvm') && canVirtualize(readFileSync('/proc/cpuinfo', 'utf8'));
  const kind = kvm ? 'KVM' : 'no KVM, VMs are emulated';
  return `${availableParallelism()} processors ${cpus()[0]?.model ?? ''}, ${kind}; load at the end ${load.join(' ')}`;
}

type Shape = 'chain' | 'side';
/** Returns milliseconds. */
type Measure = (directory: string, tasks: number, shape: Shape) => Promise<number>;

const TOOLS: Readonly<Record<string, Measure>> = {
  'virtbs do': async (directory, tasks, shape) => {
    const lines = Array.from({ length: tasks }, (_, index) => {
      const wants = shape === 'chain' && index > 0 ? `, wants: [t${index - 1}]` : '';
      return `  t${index}: { on: all, run: 'true'${wants} }\n`;
    });
    await writeFile(join(directory, 'tasks.yaml'), `tasks:\n${lines.join('')}`);
    await virtbs(directory, '-c', 'tasks.yaml', 'do', '--forget', '-q');
    return await time(() => virtbs(directory, '-c', 'tasks.yaml', 'do', '-q'));
  },
  // mini has no Python, which all other modules need.
  'ansible-playbook, raw': playbook('raw: "true"'),
  'ssh in a loop': async (directory, tasks, shape) => {
    const one = 'for host in $HOSTS; do ssh -F sshconf-bs1 "$host" true & done; wait';
    const many = shape === 'chain' ? `for task in $(seq ${tasks}); do ${one}; done` : sideBySide(tasks);
    const hosts = (await runProgram('sed', ['-n', 's/^Host \\([^ ]*\\).*/\\1/p', 'sshconf-bs1'], { cwd: directory }))
      .stdout;
    return await time(() =>
      runProgram('bash', ['-c', many], { cwd: directory, env: { HOSTS: hosts.replaceAll('\n', ' ') } }),
    );
  },
};

/** Runs a module so many times, one after the other: on one host Ansible has tasks side by side only by `async`. */
function playbook(module: string): Measure {
  return async (directory, tasks) => {
    const head = '- hosts: all\n  gather_facts: false\n  tasks:\n';
    await writeFile(join(directory, 'site.yaml'), head + `    - ${module}\n`.repeat(tasks));
    const words = ['-i', 'hosts-bs1.yaml', '--forks', '50', 'site.yaml'];
    return await time(() => runProgram('ansible-playbook', words, { cwd: directory, env: QUIET }));
  };
}

/** At most eight at once on a VM: a server lets no more sessions into one connection. */
function sideBySide(tasks: number): string {
  const batch =
    'for host in $HOSTS; do for task in $(seq $size); do ssh -F sshconf-bs1 "$host" true & done; done; wait';
  return `left=${tasks}; while [ $left -gt 0 ]; do size=$((left < 8 ? left : 8)); ${batch}; left=$((left - size)); done`;
}

const QUIET = { ANSIBLE_NOCOWS: '1', ANSIBLE_LOCALHOST_WARNING: 'False', ANSIBLE_STDOUT_CALLBACK: 'minimal' };

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function virtbs(directory: string, ...args: readonly string[]): Promise<void> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  await runProgram(execPath, [program, '-s', '1', ...args], { cwd: directory });
}

await main(argv.slice(2));
