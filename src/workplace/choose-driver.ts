import type { Configuration } from '../config/configuration.js';
import type { DriverOptions } from '../driver/types.js';
import { DEFAULT_DRIVER } from '../driver/known-drivers.js';
import { DEFAULT_CONNECT, type WorkplaceSettings } from './workplace-settings.js';

/** The driver that VMs are made with, and what it is told of the configuration. */
export interface ChosenDriver {
  readonly name: string;
  readonly options: Pick<DriverOptions, 'connect' | 'settings' | 'capacity'>;
}

/**
 * Returns the driver that the settings or the configuration choose. Nothing is opened.
 *
 * @param configuration null where it was not read, and says nothing else than the shipped one
 */
export function chooseDriver(settings: WorkplaceSettings, configuration: Configuration | null): ChosenDriver {
  const { connect = DEFAULT_CONNECT } = settings;
  const name = settings.driver ?? configuration?.driver ?? DEFAULT_DRIVER;
  if (configuration === null) return { name, options: { connect } };
  const { capacity, drivers } = configuration;
  return { name, options: { connect, capacity, settings: drivers[name] } };
}
