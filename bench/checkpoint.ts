import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, stderr, stdout } from 'node:process';
import { renderTable } from '../src/cli/render/table.js';
import { packageDirectory } from '../src/package-directory.js';
import { runProgram } from '../src/process/run-program.js';
import { measureMemory } from './checkpoint-memory.js';
import { median } from './run-measured.js';

interface Cycle {
  /** Milliseconds. */
  readonly wall: number;
  readonly checkpoint: string | null;
  readonly vms: readonly { readonly hostname: string }[];
  readonly timings: Readonly<Record<string, number>>;
}

/** Boots to compare with. */
const BOOTS = 3;
const PHASES = ['configuration', 'inspect', 'wipe', 'networks', 'vms', 'files', 'wait', 'save', 'clock'];
const USAGE = `usage: bench/checkpoint [ROUNDS [COUNT [LAYERS]]]   (10 restores of 4 VMs of roles)
       bench/checkpoint --memory SIZE,…             (256MiB,1GiB,4GiB: VMs with that much memory, filled)
`;

await main(argv.slice(2));

/** Boots a slice some times, keeps it, and brings it back in a row, looking at every VM after each. */
async function main(words: readonly string[]): Promise<void> {
  const [rounds = '10', count = '4', layers = 'roles'] = words;
  if (env['VIRTBS_LAB'] !== undefined && rounds === '--memory' && words.length === 2) return await measureMemory(count);
  if (env['VIRTBS_LAB'] === undefined || !/^[1-9][0-9]*$/.test(rounds)) {
    stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  const topology = [layers, `worker:${count}`];
  try {
    const boots: Cycle[] = [];
    for (let round = 0; round < BOOTS; round++) boots.push(await cycle(directory, 'no', topology));
    const keep = await cycle(directory, 'yes', topology);
    const restores: Cycle[] = [];
    const random = new Set<string>();
    for (let round = 0; round < Number(rounds); round++) {
      const began = Date.now();
      const restored = await cycle(directory, 'yes', topology);
      if (restored.checkpoint !== 'restored') throw new Error(`round ${round + 1} was ${restored.checkpoint}`);
      await Promise.all(
        restored.vms.map(async ({ hostname }) => random.add(await look(directory, hostname, restored.vms, began))),
      );
      restores.push(restored);
    }
    if (random.size !== restores.length * Number(count)) throw new Error('random numbers came again');
    const rows = [
      ['', 'BEST s', 'MEDIAN s', 'WORST s', ...PHASES],
      row('boot', boots),
      row('boot and keep', [keep]),
      row('restore', restores),
    ];
    stdout.write(renderTable(rows));
    const ratio = median(restores.map(({ wall }) => wall)) / median(boots.map(({ wall }) => wall));
    stdout.write(
      `restore / boot: ${ratio.toFixed(2)}; ${restores.length} of ${rounds} restores of ${count} VMs were in order\n`,
    );
    stdout.write(await virtbs('checkpoint', 'ls'));
    stdout.write(
      `\nload of the machine: ${loadavg()
        .map((load) => load.toFixed(1))
        .join(' ')}\n`,
    );
    await virtbs('-s', '1', '--output-dir', directory, 'wipe', '-q');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function virtbs(...args: readonly string[]): Promise<string> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  return (await runProgram(execPath, [program, ...args])).stdout;
}

async function cycle(directory: string, checkpoint: string, topology: readonly string[]): Promise<Cycle> {
  const start = performance.now();
  const options = ['--output-dir', directory, '--checkpoint', checkpoint, '--timeout', '600', '--json', '-q'];
  const json = await virtbs('-s', '1', 'cycle', ...topology, ...options);
  const wall = performance.now() - start;
  stderr.write(`checkpoint ${checkpoint}: ${(wall / 1000).toFixed(2)} s\n`);
  return { ...(JSON.parse(json) as Omit<Cycle, 'wall'>), wall };
}

/** Random bytes of a VM that is what it should be: reaches all others, has the time, and no file of the round before. */
async function look(directory: string, hostname: string, vms: Cycle['vms'], began: number): Promise<string> {
  const pings = vms.map((vm) => `ping -c 1 -W 20 ${vm.hostname} >/dev/null || echo ${vm.hostname} is out of reach`);
  const script = [
    'head -c 16 /dev/urandom | od -An -tx1',
    'date +%s',
    ...pings,
    'ls used 2>/dev/null',
    'touch used; sync',
  ];
  const { stdout: answer } = await runProgram('ssh', [
    '-F',
    join(directory, 'sshconf-bs1'),
    hostname,
    script.join('\n'),
  ]);
  const [random = '', date, ...complaints] = answer.trim().split('\n');
  const late = Date.now() / 1000 - Number(date);
  if (complaints.length > 0 || Number(date) < began / 1000 - 2 || late < -2) {
    throw new Error(`${hostname}: ${complaints.join(', ')} at ${date}`);
  }
  return random;
}

function row(name: string, cycles: readonly Cycle[]): string[] {
  const walls = cycles.map(({ wall }) => wall).toSorted((one, other) => one - other);
  const phases = PHASES.map((phase) => median(cycles.map(({ timings }) => timings[phase] ?? 0)).toFixed(0));
  return [name, ...[walls[0], median(walls), walls.at(-1)].map((wall = 0) => (wall / 1000).toFixed(2)), ...phases];
}
