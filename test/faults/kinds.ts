import { customSlot, must, scriptSlot, type Lane } from './lane.js';

/** A command that is ended at points spread over all that it does to the world. */
export interface Kind {
  readonly name: string;
  /** Points of the short form; the long one has six times as many. */
  readonly points: number;
  /** What the slice is before. */
  readonly prepare: (lane: Lane) => Promise<void>;
  readonly command: (lane: Lane) => readonly string[];
  /** Must succeed after that command was ended, and leave what a next cycle and wipe need not clean up. */
  readonly repeat?: (lane: Lane) => Promise<void>;
}

const CYCLE = ['cycle', 'roles', 'idle:2', '--no-wait'];

async function stand(lane: Lane): Promise<void> {
  await must(lane, ...CYCLE);
}

async function nothing(): Promise<void> {
  // an empty slice
}

function imageKind(name: string, points: number, slotOf: (lane: Lane) => string): Kind {
  return {
    name,
    points,
    prepare: nothing,
    command: (lane) => ['image', 'build', slotOf(lane)],
    async repeat(lane) {
      await must(lane, 'image', 'build', slotOf(lane));
      await must(lane, 'image', 'rm', slotOf(lane));
    },
  };
}

export const KINDS: readonly Kind[] = [
  { name: 'cycle of an empty slice', points: 12, prepare: nothing, command: () => CYCLE },
  { name: 'cycle of a standing slice', points: 9, prepare: stand, command: () => CYCLE },
  { name: 'wipe', points: 7, prepare: stand, command: () => ['wipe'] },
  {
    name: 'up',
    points: 7,
    prepare: stand,
    command: () => ['up', 'roles', 'idle:1', 'pxe:1', '--prune', '--no-wait'],
  },
  { name: 'snapshot', points: 5, prepare: stand, command: () => ['snapshot', 'one'] },
  {
    name: 'restore',
    points: 4,
    async prepare(lane) {
      await stand(lane);
      await must(lane, 'snapshot', 'one');
    },
    command: () => ['restore', 'one', '--no-wait'],
  },
  imageKind('image by a script', 4, scriptSlot),
  imageKind('image customized', 2, customSlot),
];
