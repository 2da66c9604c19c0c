import tap from 'tap';
import { testClientContract } from './client-contract.js';
import { openBench } from './open-on-fake.js';

testClientContract(tap, async (t) => {
  const { fake, open } = await openBench(t);
  const other = await open({ environment: fake.environment('other') });
  return { cloud: await open(), other, guests: true };
});
