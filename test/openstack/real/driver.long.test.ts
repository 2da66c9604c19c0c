import { env } from 'node:process';
import t from 'tap';
import { testDriverContract } from '../../driver/contract.js';
import { openStackWorld } from '../../driver/openstack-world.js';
import { guestsBoot, noCloud } from './no-cloud.js';

if (noCloud === false) {
  // Of servers that do not boot nova makes no images.
  testDriverContract(t, 'a real cloud', { ...openStackWorld(t, env), snapshots: guestsBoot });
} else t.pass('the contract on a real cloud', { skip: noCloud });
