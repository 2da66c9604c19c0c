import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { argv, env, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { loadConfiguration } from '../src/config/load-configuration.js';
import { DEFAULT_ROOT } from '../src/filenames.js';
import { readyImage } from '../src/image/ready-image.js';
import { packageDirectory } from '../src/package-directory.js';
import { makePlan } from '../src/plan/make-plan.js';
import { runProgram } from '../src/process/run-program.js';
import { drawPlot } from './draw-plot.js';
import { measureFloor } from './floor.js';
import { measureStart, measureVirtbs } from './measure-virtbs.js';
import { findPeers, measurePeer, peerObstacle, type Peer } from './peer.js';
import type { Figures } from './run-measured.js';
import { FLOOR, renderCycles, renderCommands, renderPhases, type Series } from './render-figures.js';

/** Not that of `measureVirtbs`. */
const PEER_SLICE = 2;
const COUNTS = ['1', '2', '4', '8'];
const BIG_COUNTS = [...COUNTS, '16', '32'];
const USAGE = `usage: bench/run [--rounds N] [--big] [--peer PROGRAM]… [--json FILE] [--svg FILE] [COUNT…]

Measures cycle, wipe, ls and plan for 1 2 4 8 mini VMs (--big: 16 and 32 as well, or COUNT…) against bare qemu and what else makes VMs
here, in turn in one run, --rounds times (3). Prints medians; --json keeps every figure, --svg draws them.

Peers are those of bench/peers that are installed (virsh, virt-install, Vagrant with its libvirt plugin), and each PROGRAM;
bench/peer.ts says what it is called with.
`;

await main();

async function main(): Promise<void> {
  const options = readOptions();
  if (!options || env['VIRTBS_LAB'] === undefined) {
    stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  try {
    const machine = await describeMachine();
    stdout.write(`${machine}\n\n`);
    const start = await measureStart(options.rounds, directory);
    const series: Series[] = [];
    const round = { ...options, directory, series, peers: await askPeers(options.peer) };
    for (const count of options.counts) await measureCount(count, round);
    stdout.write(renderCycles(series));
    stdout.write(renderCommands(start, series));
    stdout.write(renderPhases(series));
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ version: 1, machine, start, series }, undefined, 2)}\n`);
    }
    if (options.svg !== undefined) await writeFile(options.svg, drawPlot(series, machine));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Options {
  readonly rounds: number;
  readonly counts: readonly number[];
  /** Paths of programs. */
  readonly peer: readonly string[];
  readonly json: string | undefined;
  readonly svg: string | undefined;
}

function readOptions(): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: argv.slice(2),
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '3' },
        big: { type: 'boolean', default: false },
        peer: { type: 'string', multiple: true, default: [] },
        json: { type: 'string' },
        svg: { type: 'string' },
      },
    });
    const words = positionals.length > 0 ? positionals : values.big ? BIG_COUNTS : COUNTS;
    if (![values.rounds, ...words].every((word) => /^[1-9]\d*$/.test(word))) return undefined;
    const { peer, json, svg } = values;
    return { rounds: Number(values.rounds), counts: words.map(Number), peer, json, svg };
  } catch {
    return undefined;
  }
}

interface Round extends Options {
  readonly directory: string;
  readonly series: Series[];
  readonly peers: readonly Peer[];
}

/** All who take part, in turn, so that what else the machine does meets all alike. */
async function measureCount(count: number, { rounds, directory, series, peers }: Round): Promise<void> {
  const measures = await contestants(count, directory, peers);
  for (let round = 1; round <= rounds; round++) {
    for (const [name, measure] of measures) {
      const figures = await measure();
      stderr.write(`${count} VMs, round ${round}: ${name} ${(figures.wall / 1000).toFixed(2)} s\n`);
      add(series, { name, count }, figures);
    }
    for (const [name, figures] of await measureVirtbs(count, directory)) {
      stderr.write(`${count} VMs, round ${round}: ${name} ${(figures.wall / 1000).toFixed(2)} s\n`);
      add(series, { name, count }, figures);
    }
  }
}

function add(series: Series[], key: { readonly name: string; readonly count: number }, figures: Figures): void {
  let one = series.find(({ name, count }) => name === key.name && count === key.count);
  if (!one) series.push((one = { ...key, figures: [] }));
  one.figures.push(figures);
}

type Measure = () => Promise<Figures>;

async function contestants(
  count: number,
  outputDirectory: string,
  peers: readonly Peer[],
): Promise<ReadonlyMap<string, Measure>> {
  const { plan, options } = await prepare(count, outputDirectory);
  const only = (wall: number): Figures => ({ wall, cpu: Number.NaN, memory: Number.NaN, timings: {} });
  const measures = new Map<string, Measure>([[FLOOR, async () => only(await measureFloor(plan, options))]]);
  for (const peer of peers) measures.set(peer.name, async () => only(await measurePeer(peer, plan, options)));
  return measures;
}

/** Those that can take part here. */
async function askPeers(paths: readonly string[]): Promise<readonly Peer[]> {
  const able: Peer[] = [];
  for (const peer of await findPeers(paths)) {
    const obstacle = await peerObstacle(peer);
    if (obstacle === undefined) able.push(peer);
    else stderr.write(`${peer.name} takes no part: ${obstacle}\n`);
  }
  return able;
}

async function prepare(count: number, outputDirectory: string) {
  const directory = await packageDirectory();
  const sources = { packageDirectory: directory, cwd: directory, files: [], overrides: [] };
  const configuration = await loadConfiguration(sources);
  const topology = [{ role: 'worker', count }];
  const plan = makePlan(configuration, { slice: PEER_SLICE, layers: ['roles'], topology });
  const context = { emit: () => undefined, signal: new AbortController().signal };
  const image = await readyImage(
    { slot: 'mini', tag: 'default' },
    { recipes: configuration.imageFlow, root: DEFAULT_ROOT, ...context },
  );
  const accelerator = /\b(vmx|svm)\b/.test(await readFile('/proc/cpuinfo', 'utf8')) ? 'kvm' : 'tcg';
  return { plan, options: { root: DEFAULT_ROOT, image, accelerator, outputDirectory } };
}

async function describeMachine(): Promise<string> {
  const [cpu] = cpus();
  const { stdout: libvirt } = await runProgram('virsh', ['--version']);
  const { stdout: qemu } = await runProgram('qemu-system-x86_64', ['--version']);
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${memory} GiB; libvirt ${libvirt}, ${qemu.split('\n')[0]}`;
}
