import { loadConfiguration } from '../../src/config/load-configuration.js';
import type { Override } from '../../src/config/read-override.js';
import { DRIVERS } from '../../src/driver/known-drivers.js';
import { VirtbsError } from '../../src/errors.js';

/** The least that every configuration needs. */
export const POOL = `address_pool:
  ipv4_start: 172.16.0.0
  ipv4_pool_prefix: 12
  ipv4_slice_prefix: 20
  ipv4_subnet_prefix: 24
  mac_start: 52:54:00:00:00:00
  mac_slice_extra_power: 8
  ipv6_start: 'fd00:aaaa::'
`;

/** A small package, for `t.testdir`. */
export const PACKAGE = {
  slices: { 'pool.yaml': POOL },
  images: { 'mini.yaml': 'image_flow: { mini: { mini: {} } }\n' },
};

export interface ProblemOptions {
  /** Holds the folder `package`. */
  readonly cwd: string;
  readonly files?: readonly string[];
  readonly overrides?: readonly Override[];
}

/** The message of the one error that loading ends with; empty where all is well. Anything but a VirtbsError is thrown on. */
export async function problemsOf({ cwd, files = [], overrides = [] }: ProblemOptions): Promise<string> {
  try {
    await loadConfiguration({ packageDirectory: 'package', files, overrides, cwd, drivers: DRIVERS });
    return '';
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'config-invalid' && error.hint !== undefined)
      return error.message;
    throw error;
  }
}
