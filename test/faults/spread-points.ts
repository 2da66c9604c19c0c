import type { Fault } from './fault.js';

/** A call that changes something in libvirt. */
const CHANGE = /^call vir(?!Connect)/;

/**
 * So many faults of a signal: every other at a call that changes something in libvirt, as far as there are any, the others at any step; all
 * spread evenly over the run, in turn before a step and while it is under way.
 */
export function spreadPoints(steps: readonly string[], count: number, signal: NodeJS.Signals): readonly Fault[] {
  const all = steps.map((_, index) => index + 1);
  const changes = all.filter((at) => CHANGE.test(steps[at - 1] ?? ''));
  const half = changes.length === 0 ? 0 : Math.ceil(count / 2);
  return [...pick(changes, half), ...pick(all, count - half)].map((at, index) => ({
    at,
    when: index % 2 === 0 ? 'before' : 'during',
    signal,
  }));
}

function pick(from: readonly number[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from[Math.floor(((index + 0.5) * from.length) / count)] ?? 1);
}
