import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { VerbContext, VirtbsEvent } from '../../src/events.js';
import { lockSlice } from '../../src/slice/lock-slice.js';
import { openVerb } from '../../src/slice/open-verb.js';

function contextOf(events: VirtbsEvent[]): VerbContext {
  return { emit: (event) => events.push(event), signal: new AbortController().signal };
}

const EXCLUDED = { code: 'locked' };

t.test('a verb that has begun keeps others from the slice until it ends, and times its phases', async (t) => {
  const root = join(t.testdir(), 'root');
  const events: VirtbsEvent[] = [];
  const context = contextOf(events);
  const asked = { root, slice: 1, verb: 'test', lockTimeout: 50 };
  {
    await using opened = await openVerb(
      { ...asked, dryRun: false, loadMilliseconds: 3, inspect: async () => 7 },
      context,
    );
    t.equal(opened.found, 7);
    t.strictSame(Object.keys(opened.timings), ['configuration', 'lock', 'inspect']);
    await t.rejects(lockSlice(asked, context), EXCLUDED);
  }
  await using _lock = await lockSlice(asked, context);
  t.strictSame(
    events.flatMap((event) => (event.type === 'phase-start' ? [event.phase] : [])),
    ['lock', 'inspect'],
  );
});

t.test('a slice that could not be looked at is locked no more', async (t) => {
  const root = join(t.testdir(), 'root');
  const context = contextOf([]);
  const asked = { root, slice: 1, verb: 'test', lockTimeout: 50 };
  const inspect = async (): Promise<never> => {
    await t.rejects(lockSlice(asked, context), EXCLUDED);
    throw new Error('the daemon is gone');
  };
  await t.rejects(openVerb({ ...asked, dryRun: false, inspect }, context), { message: 'the daemon is gone' });
  await using _lock = await lockSlice(asked, context);
});

t.test('a dry run makes no folder and takes no lock', async (t) => {
  const directory = t.testdir({});
  const asked = { root: join(directory, 'root'), slice: 1, verb: 'test', lockTimeout: 50, dryRun: true };
  const inspect = async (): Promise<undefined> => undefined;
  const outputDirectory = join(directory, 'out');
  await using one = await openVerb({ ...asked, outputDirectory, inspect }, contextOf([]));
  await using other = await openVerb({ ...asked, outputDirectory, inspect }, contextOf([]));
  t.strictSame([Object.keys(one.timings), Object.keys(other.timings)], [['inspect'], ['inspect']]);
  t.strictSame(await readdir(directory), []);
});
