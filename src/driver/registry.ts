import { DRIVERS, type Drivers } from './known-drivers.js';
import type { Driver, DriverDefinition, DriverOptions } from './types.js';

/** Loads the definition of a driver, without opening it. */
export async function loadDriver(name: string, drivers: Drivers = DRIVERS): Promise<DriverDefinition> {
  const entry = Object.hasOwn(drivers, name) ? drivers[name] : undefined;
  if (!entry) throw new Error(`there is no driver "${name}"`);
  return (await entry.load()).driver;
}

/** Opens a driver. @throws VirtbsError where the hypervisor cannot be reached */
export async function openDriver(name: string, options: DriverOptions, drivers: Drivers = DRIVERS): Promise<Driver> {
  const driver = await loadDriver(name, drivers);
  return await driver.open(options);
}
