import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { setClockCommand } from '../../src/guest/set-clocks.js';

/** A `date` that writes the time it was to set, and when that was; it refuses what does not match. */
function dateFor(accepts: string): string {
  return [
    '#!/bin/sh',
    'case $3 in',
    `${accepts}) echo "$3 $(/bin/date +%s.%N)" >"\${0%/*}/set" ;;`,
    '*) echo "date: invalid date" >&2; exit 1 ;;',
    'esac',
    '',
  ].join('\n');
}

/** Runs the command `late` milliseconds after it was made, and returns by how many seconds the clock that it sets is ahead. */
async function setLate(t: Test, options: { accepts: string; late: number }): Promise<number> {
  const folder = t.testdir({ date: dateFor(options.accepts) });
  await chmod(join(folder, 'date'), 0o755);
  const [uptime = ''] = (await readFile('/proc/uptime', 'utf8')).split(' ');
  const command = setClockCommand();
  await sleep(options.late);
  const child = spawn('sh', [], {
    env: { PATH: `${folder}:${env['PATH'] ?? ''}`, UPTIME: uptime },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(`${command}\n`);
  const [code] = (await once(child, 'exit')) as [number];
  t.equal(code, 0);
  const [set = '', at = ''] = (await readFile(join(folder, 'set'), 'utf8')).trim().split(' ');
  return Number(set.slice(1)) - Number(at);
}

// Not busybox's own shell: that may take its own `date` before any in the PATH, and set the clock of this machine.
t.test('a clock is right although the guest was late', async (t) => {
  t.ok(Math.abs(await setLate(t, { accepts: '@*.??', late: 700 })) < 0.3);
});

// Whatever part of a second it is.
for (const late of [0, 250, 500, 750]) {
  t.test(`a date of whole seconds is run near one, ${late} ms late`, async (t) => {
    t.ok(Math.abs(await setLate(t, { accepts: '@*.*) exit 1 ;; @*', late })) < 0.5);
  });
}
