import tap from 'tap';
import { testClientContract } from '../client-contract.js';
import { openReal, SKIP_REAL } from './real-cloud.js';

// The laboratory has a second user, whose name is that of its project.
const OTHER = process.env['LAB_DIR'] === undefined ? null : { OS_USERNAME: 'other', OS_PROJECT_NAME: 'other' };

void tap.test('the services of a real cloud', { skip: SKIP_REAL }, (t) => {
  testClientContract(t, async (inner) => ({
    cloud: await openReal(inner),
    other: OTHER && (await openReal(inner, OTHER)),
    guests: process.env['LAB_COMPUTE'] !== 'fake',
  }));
  t.end();
});
