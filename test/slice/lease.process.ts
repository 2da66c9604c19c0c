import { argv, stdout } from 'node:process';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import { leaseSlice } from '../../src/slice/lease-slice.js';
import { jenkinsRun } from './lease-bench.js';

/** Leases a slice of an empty hypervisor, prints its number, and works with it until the process is ended. */
const [, , root = '', build = ''] = argv;

const { slice } = await leaseSlice(
  {
    driver: openMemoryDriver(createMemoryWorld(), root),
    root,
    session: jenkinsRun(Number(build), Number(build)),
    range: { first: 1, last: 9 },
    expires: null,
    until: 'process',
    outputDirectory: root,
    lockTimeout: 5000,
    dryRun: false,
  },
  { emit: () => undefined, signal: new AbortController().signal },
);
stdout.write(`${slice}\n`);
setInterval(() => undefined, 1000);
