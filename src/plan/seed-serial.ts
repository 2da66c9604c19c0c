/** The serial number of the disk that holds a seed, by which a guest can tell it from its own disks. */
export const SEED_SERIAL = 'virtbs-seed';
