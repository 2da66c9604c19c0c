import type { z } from 'zod';
import type { Problem } from '../yaml/problem.js';
import type { Tree } from '../yaml/tree.js';
import type { NotifySettings } from './notify-settings.js';

/** A driver as the configuration knows it. */
export interface ConfigurableDriver {
  /** Loads the section of the configuration that has the driver's name; missing where there is nothing to set. */
  readonly section?: () => Promise<{ readonly section: DriverSection }>;
}

/** A driver's section of the configuration. Nobody but the driver knows what is in it. */
export interface DriverSection<Schema extends z.ZodType = z.ZodType> {
  /** The shape of the section in one file: a `knownMap`. */
  readonly schema: Schema;
  /** Gives checked values the names they have in the driver, and the defaults. @param whole values outside the section */
  settings(input: z.output<Schema>, whole: WholeValues): unknown;
  /**
   * Places of paths in the section; `*` is every key or item. A relative path counts from the folder of its file, one with `~`
   * from the user's home.
   */
  readonly paths?: readonly (readonly string[])[];
  /** Checks the section as it is merged of all files; passes over values of the wrong shape, which are told already. */
  check?(tree: Tree): Iterable<Problem>;
  /** Returns who is told of VMs of this driver, where the section says it, instead of those of section `notify`. */
  notify?(input: z.output<Schema>): NotifySettings | undefined;
}

/** Values outside its section that a driver may need. */
export interface WholeValues {
  /** The number of the slice, as far as a file says it. */
  readonly slice: number | undefined;
}

/** The drivers that may be chosen, with those of their sections that are loaded. */
export interface DriverSections {
  readonly names: readonly string[];
  readonly sections: Readonly<Record<string, DriverSection>>;
}

export const NO_DRIVERS: DriverSections = { names: [], sections: {} };

/** Loads the sections of drivers. */
export async function loadDriverSections(
  drivers: Readonly<Record<string, ConfigurableDriver>>,
): Promise<DriverSections> {
  const loaded = Object.entries(drivers).map(async ([name, driver]) => {
    const module = await driver.section?.();
    return module ? [[name, module.section] as const] : [];
  });
  return { names: Object.keys(drivers), sections: Object.fromEntries((await Promise.all(loaded)).flat()) };
}
