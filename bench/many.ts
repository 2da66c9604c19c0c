import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, stderr, stdout } from 'node:process';
import { renderTable } from '../src/cli/render/table.js';
import { packageDirectory } from '../src/package-directory.js';
import { runProgram } from '../src/process/run-program.js';
import { median, runMeasured, type Figures } from './run-measured.js';

const USAGE = 'usage: bench/many [ROUNDS [COUNT…]]   (3 rounds of 10 and 60 VMs)\n';

/** VMs of the small slice that is made beside each large one. */
const FEW = 2;

/** A VM whose firmware finds nothing to boot: it takes little of the processor, and nobody waits for it. */
const IDLE = {
  memory: '64MiB',
  vcpu: 1,
  nets: ['net'],
  wait: 'none',
  disks: { root: { size: '1GiB', image_slot: 'blank' } },
  first_offset: 100,
};

await main(argv.slice(2));

/**
 * For each count, in turn: `cycle` of a slice that stands, `ls`, and `cycle` of a small slice beside it. What is left is what virtbs and
 * libvirt take for a VM that does nothing.
 */
async function main(args: readonly string[]): Promise<void> {
  const [rounds = '3', ...words] = args;
  const counts = words.length > 0 ? words : ['10', '60'];
  if (env['VIRTBS_LAB'] === undefined || ![rounds, ...counts].every((word) => /^[1-9]\d*$/.test(word))) {
    stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  const rows = [['VMs', 'CYCLE s', 'ms A VM', 'OWN PROCESSOR TIME s', 'ls s', `CYCLE OF ${FEW} BESIDE s`]];
  try {
    await importBlank(directory);
    for (const count of counts) {
      const figures = { cycle: [] as Figures[], ls: [] as Figures[], beside: [] as Figures[] };
      const few = ['-s', '2', 'cycle', 'roles', `idle:${FEW}`];
      await virtbs(directory, '-s', '1', 'cycle', 'roles', `idle:${count}`);
      await virtbs(directory, ...few);
      for (let round = 1; round <= Number(rounds); round++) {
        figures.cycle.push(await virtbs(directory, '-s', '1', 'cycle', 'roles', `idle:${count}`));
        figures.ls.push(await virtbs(directory, 'ls'));
        figures.beside.push(await virtbs(directory, ...few));
        stderr.write(`${count} VMs, round ${round}\n`);
      }
      const seconds = (each: readonly Figures[]): number => median(each.map(({ wall }) => wall)) / 1000;
      rows.push([
        count,
        seconds(figures.cycle).toFixed(2),
        ((seconds(figures.cycle) * 1000) / Number(count)).toFixed(0),
        (median(figures.cycle.map(({ cpu }) => cpu)) / 1000).toFixed(2),
        seconds(figures.ls).toFixed(2),
        seconds(figures.beside).toFixed(2),
      ]);
    }
  } finally {
    // What was measured is told, also where it broke off.
    if (rows.length > 1) stdout.write(`${renderTable(rows)}\nload ${loadavg()[0]?.toFixed(1) ?? ''}\n`);
    await rm(directory, { recursive: true, force: true });
  }
}

async function importBlank(directory: string): Promise<void> {
  const disk = join(directory, 'blank.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1G']);
  await virtbs(directory, 'image', 'import', disk, 'blank');
}

async function virtbs(directory: string, ...words: readonly string[]): Promise<Figures> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  const settings = [
    '-E',
    'image_flow.blank={image_import: {}}',
    '-E',
    `machine_matrix.roles.idle=${JSON.stringify(IDLE)}`,
    '-E',
    'capacity.vcpu_overcommit=100',
  ];
  const own = words.includes('cycle') ? ['--checkpoint=no', '--no-wait'] : [];
  return await runMeasured([program, '-q', '--output-dir', directory, ...settings, ...words, ...own], directory);
}
