import { MACHINE_CLOCK, type Clock } from '../src/clock.js';

/** How many times faster: what waits half a second between two looks waits 25 ms, and gives up after 15 s instead of 300. */
const FACTOR = 20;

/** Time that runs faster, for what waits between two looks at something that is in this process. */
export const FAST_CLOCK: Clock = {
  now: () => MACHINE_CLOCK.now() * FACTOR,
  sleep: (milliseconds, signal) => MACHINE_CLOCK.sleep(milliseconds / FACTOR, signal),
};
