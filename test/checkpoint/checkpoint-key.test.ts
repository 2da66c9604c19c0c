import t from 'tap';
import { checkpointKey, type CheckpointSubject } from '../../src/checkpoint/checkpoint-key.js';
import { planOf } from '../plan/plan-of.js';

t.test('a checkpoint is found by all that it depends on, and by nothing else', async (t) => {
  const plan = await planOf(1, 'plain:2');
  const build = { slot: 'mini', build: 'b1', path: '/a', format: 'qcow2', virtualSize: 1 } as const;
  const seed = (userData: string) => ({ metaData: '', userData, networkConfig: '' });
  const subject: CheckpointSubject = {
    root: '/srv',
    plan,
    builds: new Map([
      ['mini:default', build],
      ['mini:passed', build],
    ]),
    seeds: new Map([
      ['plain-60', seed('a')],
      ['plain-61', seed('b')],
    ]),
    fingerprint: 'qemu 7.2',
  };
  const key = checkpointKey(subject);
  t.match(key, /^[0-9a-f]{16}$/);
  const reversed = {
    builds: new Map([...subject.builds].toReversed()),
    seeds: new Map([...subject.seeds].toReversed()),
  };
  t.equal(checkpointKey({ ...subject, ...reversed }), key, 'the order in which they came is nothing');
  const others: readonly Partial<CheckpointSubject>[] = [
    { root: '/other' },
    { plan: await planOf(2, 'plain:2') },
    { plan: await planOf(1, 'plain:3') },
    { builds: new Map([...subject.builds, ['mini:default', { ...build, build: 'b2' }]]) },
    { seeds: new Map([...subject.seeds, ['plain-60', seed('c')]]) },
    { fingerprint: 'qemu 8.0' },
  ];
  const keys = others.map((other) => checkpointKey({ ...subject, ...other }));
  t.equal(new Set([key, ...keys]).size, others.length + 1);
});
