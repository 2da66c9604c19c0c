import t from 'tap';
import { parseTopology } from '../../src/plan/topology.js';

t.test('roles and counts are read in every way they may be written', async (t) => {
  const expected = [
    { role: 'controller', count: 1 },
    { role: 'worker', count: 2 },
  ];
  t.strictSame(parseTopology(['controller:1', 'worker:2']), expected);
  t.strictSame(parseTopology(['controller:1,worker:2']), expected);
  t.strictSame(parseTopology(['controller', 'worker:2']), expected);
});

for (const [words, message] of [
  [['controller:x'], /"controller:x": the count "x" is not a number/],
  [['controller:-1'], /the count "-1" is not a whole number from 0 to 999999/],
  [['controller:1.5'], /the count "1.5" is not a whole number from 0 to 999999/],
  [['controller:'], /the count "" is not a number/],
  [['controller:1:2'], /the count "1:2" is not a number/],
  [['controller', 'controller:2'], /role "controller" is asked for twice/],
  [[''], /names no role/],
  [['controller,'], /names no role/],
  [[':3'], /":3" names no role/],
  [[], /no role is asked for/],
] as const) {
  t.test(`the topology ${JSON.stringify(words)} is refused`, async (t) => {
    t.throws(() => parseTopology(words), { code: 'usage', exitCode: 2, message });
  });
}
