import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, stderr, stdout } from 'node:process';
import { loadConfiguration } from '../src/config/load-configuration.js';
import { renderTable } from '../src/cli/render/table.js';
import { DEFAULT_ROOT } from '../src/filenames.js';
import { readyImage } from '../src/image/ready-image.js';
import { packageDirectory } from '../src/package-directory.js';
import { runProgram } from '../src/process/run-program.js';
import { makePlan } from '../src/plan/make-plan.js';
import type { SlicePlan } from '../src/plan/plan.js';
import { measureFloor } from './floor.js';

/** What one `virtbs cycle` took. */
interface CycleFigures {
  readonly wall: number;
  readonly timings: Readonly<Record<string, number>>;
}

const CYCLE_SLICE = 1;
const FLOOR_SLICE = 2;
const PHASES = ['configuration', 'lock', 'inspect', 'images', 'seeds', 'wipe', 'networks', 'vms', 'files', 'wait'];
const LEGEND = `
Medians. FLOOR: the same VMs by bare qemu, everything else made before, to the last login. CYCLE: the whole command, on an empty slice or
again on what it built. OUTSIDE: up to the last start of a VM. Phases in milliseconds; vms begins with networks and goes on after it.
`;
const USAGE = 'usage: bench/run [ROUNDS [COUNT…]]   (3 rounds of 1 2 4 8 VMs)\n';

await main(argv.slice(2));

/** Compares `cycle` of mini VMs with the floor, in turn in one run, and prints medians, ratios and phases. */
async function main([rounds = '3', ...counts]: readonly string[]): Promise<void> {
  if (env['VIRTBS_LAB'] === undefined || !/^[1-9][0-9]*$/.test(rounds)) {
    stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  try {
    stdout.write(`${await describeMachine()}\n\n`);
    const rows = [['VMS', 'FLOOR s', 'CYCLE s', 'RATIO', 'OUTSIDE s', ...PHASES]];
    for (const count of counts.length > 0 ? counts.map(Number) : [1, 2, 4, 8]) {
      rows.push(...(await measure(count, Number(rounds), directory)));
    }
    stdout.write(renderTable(rows));
    stdout.write(LEGEND);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(count: number, rounds: number, directory: string): Promise<string[][]> {
  const floors: number[] = [];
  const first: CycleFigures[] = [];
  const again: CycleFigures[] = [];
  for (let round = 0; round < rounds; round++) {
    floors.push(await runFloor(count, directory));
    first.push(await runCycle(count, directory));
    again.push(await runCycle(count, directory));
    await runProgram(execPath, [await virtbsPath(), ...sliceOptions(directory), 'wipe', '-q']);
    const figures = [floors.at(-1), first.at(-1)?.wall, again.at(-1)?.wall].map((figure) => seconds(figure ?? 0));
    stderr.write(
      `${count} VMs, round ${round + 1}: floor ${figures[0]} s, cycle ${figures[1]} s, again ${figures[2]} s\n`,
    );
  }
  return [row(`${count}`, floors, first), row(`${count} again`, floors, again)];
}

function row(name: string, floors: readonly number[], cycles: readonly CycleFigures[]): string[] {
  const phase = (phaseName: string): number => median(cycles.map(({ timings }) => timings[phaseName] ?? 0));
  const ratio = median(cycles.map(({ wall }, index) => wall / (floors[index] ?? wall)));
  const outside = median(cycles.map(({ wall, timings }) => wall - (timings['wait'] ?? 0)));
  const walls = [median(floors), median(cycles.map(({ wall }) => wall))].map(seconds);
  return [
    name,
    ...walls,
    ratio.toFixed(2),
    seconds(outside),
    ...PHASES.map((phaseName) => phase(phaseName).toFixed(0)),
  ];
}

async function virtbsPath(): Promise<string> {
  return join(await packageDirectory(), 'bin', 'virtbs');
}

function sliceOptions(directory: string): readonly string[] {
  return ['-s', String(CYCLE_SLICE), '--output-dir', directory];
}

/** A cycle as a person would call it, on what the slice holds. */
async function runCycle(count: number, directory: string): Promise<CycleFigures> {
  const [virtbs, options] = [await virtbsPath(), sliceOptions(directory)];
  const start = performance.now();
  const { stdout: json } = await runProgram(execPath, [
    virtbs,
    ...options,
    'cycle',
    'roles',
    `worker:${count}`,
    '--checkpoint=no',
    '--json',
    '-q',
  ]);
  const wall = performance.now() - start;
  return { wall, timings: (JSON.parse(json) as { timings: Record<string, number> }).timings };
}

async function runFloor(count: number, directory: string): Promise<number> {
  const { plan, recipes } = await planOf(count);
  const context = { emit: () => undefined, signal: new AbortController().signal };
  const image = await readyImage({ slot: 'mini', tag: 'default' }, { recipes, root: DEFAULT_ROOT, ...context });
  const accelerator = /\b(vmx|svm)\b/.test(await readFile('/proc/cpuinfo', 'utf8')) ? 'kvm' : 'tcg';
  return await measureFloor(plan, { root: DEFAULT_ROOT, image, accelerator, outputDirectory: directory });
}

async function planOf(
  count: number,
): Promise<{ plan: SlicePlan; recipes: Parameters<typeof readyImage>[1]['recipes'] }> {
  const directory = await packageDirectory();
  const configuration = await loadConfiguration({
    packageDirectory: directory,
    cwd: directory,
    files: [],
    overrides: [],
  });
  const plan = makePlan(configuration, {
    slice: FLOOR_SLICE,
    layers: ['roles'],
    topology: [{ role: 'worker', count }],
  });
  return { plan, recipes: configuration.imageFlow };
}

async function describeMachine(): Promise<string> {
  const [cpu] = cpus();
  const { stdout: libvirt } = await runProgram('virsh', ['--version']);
  const { stdout: qemu } = await runProgram('qemu-system-x86_64', ['--version']);
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${memory} GiB; libvirt ${libvirt}, ${qemu.split('\n')[0]}`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}
