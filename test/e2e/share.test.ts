import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

const skip = noLab;

/** Syncs a folder until Ctrl-C; each line that is read is one time. */
async function watchedSync(t: Test, directory: string) {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const child = spawn(process.execPath, [virtbs, 'sync', './src', 'plain.1:/tmp/src', '--watch', '--json'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    next: async () => JSON.parse(String((await lines.next()).value)) as unknown,
    async end() {
      child.kill('SIGINT');
      return (await ended)[0] as unknown;
    },
  };
}

t.test('a VM sees folders of this machine, and follows one that is synced', { skip }, async (t) => {
  const directory = t.testdir({ src: { 'one.c': 'one' }, "it's <so> & on": { readme: 'read me' } });
  // The emulator's user writes where the host has no virtiofs.
  await chmod(join(directory, 'src'), 0o777);
  const share = { '/src': './src', '/docs/here': { source: "./it's <so> & on", read_only: true } };
  await writeFile(join(directory, 'share.yaml'), stringify({ topology: { roles: { plain: { count: 1, share } } } }));
  const virtbs = async (...args: readonly string[]) => await runVirtbs(directory, '-c', 'share.yaml', ...args);
  t.match((await virtbs('plan')).stdout, /^plain-60 +share +\/src is .*\/src, \/docs\/here is .* & on \(read-only\)$/m);
  t.match(await virtbs('-e', 'topology.roles.plain.share./src=./none', 'cycle'), {
    code: 2,
    stderr: /plain-60: share: \/src: .*\/none: there is no such folder\nhint: nothing was touched/,
  });
  try {
    const made = await virtbs('cycle', '--checkpoint=yes', '--progress=lines');
    t.match(made, {
      code: 0,
      stderr:
        /plain-60 shares folders with this machine, and then memory cannot be kept\n[^]*plain-60: first boot: share \/src, \/docs\/here\n/,
    });
    const state = JSON.parse(await readFile(join(directory, 'state-bs1.json'), 'utf8')) as { vms: unknown[] };
    t.match(state.vms, [
      {
        share: [
          { path: '/src', readOnly: false },
          { path: '/docs/here', readOnly: true },
        ],
      },
    ]);
    const seen = async (): Promise<string> =>
      (await ssh(directory, 'plain.1', 'cat /src/one.c /docs/here/readme')).stdout;
    t.equal(await seen(), 'oneread me');
    t.match(await ssh(directory, 'plain.1', 'sudo touch /docs/here/no'), { code: 1, stderr: /Read-only file system/ });
    t.match(await ssh(directory, 'plain.1', 'sudo sh -c "echo two >/src/two"'), { code: 0 });
    t.equal(await readFile(join(directory, 'src', 'two'), 'utf8'), 'two\n');
    t.match(await virtbs('snapshot', 'make', 'one'), { code: 1, stderr: /plain-60 shares folders/ });

    const sync = await watchedSync(t, directory);
    t.match(await sync.next(), { version: 1 });
    await mkdir(join(directory, 'src', 'deep'));
    await writeFile(join(directory, 'src', 'deep', 'three'), 'three\n');
    for (let text = ''; text !== 'three';) {
      await sync.next();
      text = (await ssh(directory, 'plain.1', 'cat /tmp/src/deep/three 2>/dev/null || :')).stdout;
    }
    t.equal(await sync.end(), 0);

    t.match(await virtbs('reboot', '--wait', 'plain.1'), { code: 0 });
    await ssh(directory, 'plain.1', 'for try in 1 2 3 4 5 6 7 8 9; do [ -e /src/one.c ] && break; sleep 1; done');
    t.equal(await seen(), 'oneread me', 'after a reboot, too');
  } finally {
    t.match(await virtbs('wipe'), { code: 0 });
  }
});
