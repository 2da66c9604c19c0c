import { takeTraces, compareTraces } from './host-traces.js';
import { endCommands, warmUp } from './end-commands.js';
import { hostFaults } from './host-faults.js';
import { makeLane, type Lane } from './lane.js';
import type { Outcome } from './trial.js';

export interface TryFaultsOptions {
  readonly directory: string;
  /** How many of the points: half of the short form where all tests run, six times as many in the long one. */
  readonly extent: 'half' | 'short' | 'long';
  /** Which part; both where not given. */
  readonly only?: string | undefined;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Slices that commands are ended on at once. */
const LANES = 3;

/** Made by the first use of a slice, and kept for good: its keys, and folders of libvirt's for its networks. */
const LASTING = /^left: \w+ (?:\/srv\/virtbs\/keys|\/run\/libvirt\/network)\//;

/** All faults on this host, which must be a throw-away one. */
export async function tryFaults({ directory, extent, only, onOutcome }: TryFaultsOptions): Promise<void> {
  const factor = { half: 0.5, short: 1, long: 6 }[extent];
  const lanes: Lane[] = [];
  for (let slice = 1; slice <= LANES; slice++) lanes.push(await makeLane(directory, slice));
  await Promise.all(lanes.map(warmUp));
  const [lane] = lanes;
  if (only !== 'host') await endCommands({ lanes, factor, signals: extent === 'long' ? 'each' : 'in turn', onOutcome });
  const before = await takeTraces(directory);
  if (lane && only !== 'commands') await hostFaults({ lane, factor, before, onOutcome });
  const differences = compareTraces(before, await takeTraces(directory)).filter((line) => !LASTING.test(line));
  const left = differences.length === 0 ? null : differences.join('\n');
  onOutcome({ kind: 'the host after all of it', event: 'end', left });
}
