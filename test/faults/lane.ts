import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runVirtbs, type Ending } from '../e2e/run-virtbs.js';
import type { Fault } from './fault.js';
import { compareTraces, takeTraces } from './host-traces.js';
import { HANG_LIMIT, runWithFault, type FaultyEnding } from './run-with-fault.js';

/** A slice to try faults on, with a folder and images of its own: several lanes do not see each other. */
export interface Lane {
  readonly slice: number;
  readonly directory: string;
  /** That of all lanes. */
  readonly parent: string;
  /** Options of every command. */
  readonly options: readonly string[];
}

/** A promise that was not kept, in the words of the report. */
export class NotSurvived extends Error {}

/** A VM that finds nothing to boot on its disk, and so leaves the processors to others. */
function idleRole(slice: number): object {
  const disks = { root: { size: '1GiB', image_slot: blankSlot({ slice }) } };
  return { memory: '64MiB', vcpu: 1, nets: ['net'], disks, wait: 'none', first_offset: 0xe0 };
}

export async function makeLane(directory: string, slice: number): Promise<Lane> {
  const folder = join(directory, `bs${slice}-lane`);
  await mkdir(folder, { recursive: true });
  const script = { image_script: { script: join(folder, 'script'), size: '1MiB' } };
  const custom = { image_customize: { base: 'mini', scripts: [{ inline: 'echo done >/etc/done' }] } };
  const images = {
    [scriptSlot({ slice })]: script,
    [customSlot({ slice })]: custom,
    [blankSlot({ slice })]: { image_import: {} },
  };
  const options = [
    `image_flow=${JSON.stringify(images)}`,
    `machine_matrix.roles.idle=${JSON.stringify(idleRole(slice))}`,
  ].flatMap((override) => ['-E', override]);
  return { slice, directory: folder, parent: directory, options: ['-s', String(slice), ...options] };
}

export function scriptSlot({ slice }: Pick<Lane, 'slice'>): string {
  return `script-bs${slice}`;
}

export function customSlot({ slice }: Pick<Lane, 'slice'>): string {
  return `custom-bs${slice}`;
}

export function blankSlot({ slice }: Pick<Lane, 'slice'>): string {
  return `blank-bs${slice}`;
}

/** What a lane may leave behind: all of it has the slice's number in its name. */
export function ownTraces({ slice }: Lane, traces: readonly string[]): readonly string[] {
  const own = new RegExp(`bs${slice}\\b|/slices/${slice}\\b|/leases/${slice}\\b`);
  return traces.filter((line) => own.test(line));
}

/** Runs virtbs, whatever comes of it; one that hangs is ended. */
export async function virtbs({ directory, options }: Lane, ...args: readonly string[]): Promise<Ending> {
  return await runVirtbs(directory, ...options, ...args);
}

/** Runs virtbs, which must succeed. */
export async function must(lane: Lane, ...args: readonly string[]): Promise<Ending> {
  const ending = await virtbs(lane, ...args);
  if (ending.code !== 0) throw new NotSurvived(`${args.join(' ')}: exit ${ending.code}: ${ending.stderr.trim()}`);
  return ending;
}

/** Runs virtbs and lets something happen to it. It may fail, but with an error that says why, and it must end. */
export async function suffer(
  lane: Lane,
  args: readonly string[],
  fault?: Fault,
  onStart?: (pid: number) => void,
): Promise<FaultyEnding> {
  const ending = await runWithFault(lane.directory, [...lane.options, ...args], fault, onStart);
  if (ending.ending === 'SIGKILL' && fault?.signal !== 'SIGKILL') {
    throw new NotSurvived(`${args.join(' ')}: no end within ${HANG_LIMIT / 1000} s: ${ending.stderr.trim()}`);
  }
  assertClear(args, ending);
  return ending;
}

/** What fails must say why, for people. */
export function assertClear(args: readonly string[], { ending, stderr }: Omit<FaultyEnding, 'steps'>): void {
  if (typeof ending === 'string' || ending === 0) return;
  const clear = ending === 130 ? true : ending === 1 && /^error: /m.test(stderr);
  if (clear && !/^\s+at .+:\d+:\d+\)?$/m.test(stderr)) return;
  throw new NotSurvived(`${args.join(' ')}: exit ${ending} without a clear error: ${stderr.trim()}`);
}

/** The next cycle must succeed without help, and a wipe leave what was there before. */
export async function assertRecovers(
  lane: Lane,
  before: readonly string[],
  { login = false }: { readonly login?: boolean } = {},
): Promise<void> {
  await must(lane, 'cycle', 'roles', ...(login ? ['plain:1'] : ['idle:1', '--no-wait']));
  if (login) {
    const { stdout, stderr } = await run(lane.directory, ['ssh', '-F', `sshconf-bs${lane.slice}`, 'plain', 'hostname']);
    if (stdout !== 'plain-60') throw new NotSurvived(`no login after cycle: ${stderr}`);
  }
  await must(lane, 'wipe');
  await assertTraces(lane, before);
}

export async function assertTraces(lane: Lane, before: readonly string[]): Promise<void> {
  const differences = compareTraces(ownTraces(lane, before), ownTraces(lane, await takeTraces(lane.parent)));
  if (differences.length > 0) throw new NotSurvived(`after wipe\n${differences.join('\n')}`);
}
