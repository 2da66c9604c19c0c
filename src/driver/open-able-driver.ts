import { DRIVERS, type Drivers } from './known-drivers.js';
import { assertAble } from './assert-able.js';
import { loadDriver } from './registry.js';
import type { Ability, Driver, DriverOptions } from './types.js';

export interface Candidates {
  /** The driver that is asked first. */
  readonly name: string;
  readonly options: Omit<DriverOptions, 'settings'>;
  /** The settings of drivers, by their names. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Opens a driver for something that does not have to be done by the chosen one: that one where it is able to, otherwise the first
 * in the registry that is.
 *
 * @throws VirtbsError `driver-unable` where none is
 */
export async function openAbleDriver(
  ability: Ability,
  { name: chosen, options, settings }: Candidates,
  drivers: Drivers = DRIVERS,
): Promise<Driver> {
  for (const name of new Set([chosen, ...Object.keys(drivers)])) {
    const definition = await loadDriver(name, drivers);
    const own = { ...options, settings: settings[name] };
    if (definition.features(own).unable[ability] === undefined) return await definition.open(own);
  }
  const features = (await loadDriver(chosen, drivers)).features({ ...options, settings: settings[chosen] });
  assertAble({ features }, ability);
  throw new Error(`no driver is able to ${ability}`);
}
