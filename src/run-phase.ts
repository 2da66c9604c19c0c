import type { Phase, VirtbsEvent } from './events.js';

type Emit = (event: VirtbsEvent) => void;

/** Milliseconds of each phase, in the order in which they ended. */
export type Timings = Partial<Record<Phase, number>>;

/** Runs the work as that phase: announced and measured, measured also where it fails. */
export async function runPhase<T>(emit: Emit, phase: Phase, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  emit({ type: 'phase-start', phase });
  try {
    return await work();
  } finally {
    emit({ type: 'phase-end', phase, milliseconds: Math.round((performance.now() - start) * 10) / 10 });
  }
}

/** Passes events on and notes the time of every phase that ends. */
export function recordTimings(emit: Emit): { readonly emit: Emit; readonly timings: Timings } {
  const timings: Timings = {};
  return {
    timings,
    emit(event) {
      if (event.type === 'phase-end') timings[event.phase] = event.milliseconds;
      emit(event);
    },
  };
}
