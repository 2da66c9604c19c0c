import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import type { Test } from 'tap';
import { tryFaults } from './try-faults.js';

/** The short form of `test/faults/run`, or half of it: what each point left, and how many there were. */
export async function tryShort(t: Test, only: 'commands' | 'host'): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-faults-'));
  let points = 0;
  try {
    await tryFaults({
      directory,
      extent: env['VIRTBS_TEST_LONG'] ? 'short' : 'half',
      only,
      onOutcome({ kind, event, left }) {
        points++;
        if (left === null) t.pass(`${kind}: ${event}`);
        else t.fail(`${kind}: ${event}: ${left}`);
      },
    });
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined); // a mount may be left in it
  }
  return points;
}
