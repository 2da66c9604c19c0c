import { env } from 'node:process';
import t from 'tap';
import { testDriverContract } from '../../driver/contract.js';
import { openStackWorld } from '../../driver/openstack-world.js';
import { noCloud } from './no-cloud.js';

if (noCloud === false) testDriverContract(t, 'a real cloud', openStackWorld(t, env));
else t.pass('the contract on a real cloud', { skip: noCloud });
