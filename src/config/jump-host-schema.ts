import { integer, text } from '../yaml/leaf.js';
import { knownMap } from '../yaml/map.js';

/** A machine through which VMs are reached. */
export const jumpHostSchema = knownMap({
  address: text('a name or an address', (value) => /^[\da-z](?:[\da-z.:-]*[\da-z:])?$/i.test(value)),
  user: text('a user name', (value) => /^[\w.][\w.-]*\$?$/.test(value)),
  port: integer(1, 65_535),
});
