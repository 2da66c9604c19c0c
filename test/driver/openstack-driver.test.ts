import t from 'tap';
import { FAST_CLOCK } from '../fast-clock.js';
import { startFakeCloud } from '../openstack/fake-cloud.js';
import { testDriverContract } from './contract.js';
import { openStackWorld } from './openstack-world.js';

const fake = await startFakeCloud();
t.teardown(() => fake[Symbol.asyncDispose]());

testDriverContract(t, 'a cloud in memory', openStackWorld(t, fake.environment(), FAST_CLOCK));
