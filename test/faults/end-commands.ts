import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../e2e/run-virtbs.js';
import { describeFault, type Fault } from './fault.js';
import { takeTraces } from './host-traces.js';
import { KINDS, type Kind } from './kinds.js';
import { assertRecovers, blankSlot, must, NotSurvived, scriptSlot, suffer, type Lane } from './lane.js';
import { spreadPoints } from './spread-points.js';
import { tryOut, type Outcome } from './trial.js';

export interface EndCommandsOptions {
  /** Slices that were warmed up, to work on at once. */
  readonly lanes: readonly Lane[];
  /** How many times the points of the short form. */
  readonly factor: number;
  /** Every point with each of these; or in turn with one of them. */
  readonly signals: 'each' | 'in turn';
  readonly onOutcome: (outcome: Outcome) => void;
}

/** A script as `images/mini/build` is one: it makes several files with programs of its own, and ends on its own where nobody ends it. */
const SCRIPT = `#!/bin/sh
set -e
for part in 1 2 3 4 5; do
  mkdir -p "$1/work"
  dd if=/dev/zero of="$1/work/$part" bs=64k count=1 2>/dev/null
done
qemu-img create -q -f qcow2 "$1/disk.qcow2" "$2"
`;

/** Ends every kind of command by signals at points spread over its steps; each time the next cycle and wipe must put all right. */
export async function endCommands(options: EndCommandsOptions): Promise<void> {
  const { lanes } = options;
  const [first] = lanes;
  if (!first) return;
  const trials: Trial[] = [];
  for (const kind of KINDS) {
    const steps = await countSteps(first, kind);
    const count = Math.ceil(kind.points * options.factor);
    const [kills, interrupts] = [spreadPoints(steps, count, 'SIGKILL'), spreadPoints(steps, count, 'SIGINT')];
    const faults =
      options.signals === 'each'
        ? [...kills, ...interrupts]
        : kills.map((kill, index) => (index % 3 === 2 ? (interrupts[index] ?? kill) : kill));
    trials.push(...faults.map((fault, index) => ({ kind, fault, login: index % 8 === 4 })));
  }
  const before = await takeTraces(first.parent);
  const queue = trials.values();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const trial of queue) options.onOutcome(await endOne(lane, trial, before));
    }),
  );
}

interface Trial {
  readonly kind: Kind;
  readonly fault: Fault;
  readonly login: boolean;
}

/** Makes what a slice keeps for good: keys, and files that locks are taken on. */
export async function warmUp(lane: Lane): Promise<void> {
  await writeFile(join(lane.directory, 'script'), SCRIPT);
  await chmod(join(lane.directory, 'script'), 0o755);
  await run(lane.directory, ['qemu-img', 'create', '-q', '-f', 'qcow2', 'blank.qcow2', '1G']);
  await must(lane, 'image', 'import', 'blank.qcow2', blankSlot(lane));
  await must(lane, 'cycle', 'roles', 'plain:1', 'idle:2', 'pxe:1', '--no-wait');
  await must(lane, 'wipe');
  await must(lane, 'image', 'build', scriptSlot(lane));
  await must(lane, 'image', 'rm', scriptSlot(lane));
}

async function countSteps(lane: Lane, kind: Kind): Promise<readonly string[]> {
  await kind.prepare(lane);
  const { ending, steps, stderr } = await suffer(lane, kind.command(lane));
  if (ending !== 0) throw new NotSurvived(`${kind.name} without a fault: ${stderr}`);
  await kind.repeat?.(lane);
  await must(lane, 'wipe');
  return steps;
}

async function endOne(lane: Lane, { kind, fault, login }: Trial, before: readonly string[]): Promise<Outcome> {
  return await tryOut(kind.name, describeFault(fault), async (note) => {
    await kind.prepare(lane);
    const { ending, steps, stderr } = await suffer(lane, kind.command(lane), fault);
    note(steps[Number(fault.at) - 1] ?? `after its end, step ${steps.length}`);
    // Steps are not always in one order, nor as many: the command may have been done before.
    const expected = fault.signal === 'SIGKILL' ? ['SIGKILL', 0] : [130, 0];
    if (!expected.includes(ending)) throw new NotSurvived(`ended with ${ending}: ${stderr.trim()}`);
    await kind.repeat?.(lane);
    await assertRecovers(lane, before, { login });
  });
}
