import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Guest } from '../../src/guest/guest.js';
import { tryLogin } from '../../src/guest/try-login.js';
import { noSshd, startGuests } from './local-sshd.js';

const skip = noSshd;
const { signal } = new AbortController();
const LOG = [
  '2026-11-28 00:15:23,397 - stages.py[DEBUG]: Running module runcmd (<module cc_runcmd>) with frequency once',
  '2026-11-28 00:15:47,397 - modules.py[DEBUG]: Running module scripts_user (<module cc_scripts_user>) with frequency once',
  '',
].join('\n');

/** A guest with a cloud-init that ends so; its log and its output are files beside it. */
async function openGuest(t: Test, exitCode: number): Promise<Guest> {
  const folder = t.testdir({ log: LOG, output: `${'before\n'.repeat(20)}no such \u001b[31mluck\u001b[0m\n` });
  const script = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  };
  // It ends when all that it runs was read.
  await script(
    'cloud-init',
    `case $* in *--wait*) until [ -e ${folder}/told ]; do sleep 0.1; done; exit ${exitCode} ;; esac; echo "status: error"`,
  );
  await script(
    'sudo',
    ['shift; shift', `case $* in *output.log) tail -n 12 ${folder}/output ;;`, `*) cat ${folder}/log ;; esac`].join(
      '\n',
    ),
  );
  await script('shell', `PATH=${folder}:$PATH exec sh -c "$SSH_ORIGINAL_COMMAND"`);
  await script('sed', `/bin/sed "$@"; touch ${folder}/told`);
  const sshConfig = join(folder, 'sshconf-bs1');
  await startGuests(t, sshConfig, { hostnames: ['plain-60'], instead: join(folder, 'shell') });
  return { sshConfig, hostname: 'plain-60' };
}

t.test('modules of cloud-init are told as they run, and the last words of one that fails', { skip }, async (t) => {
  const guest = await openGuest(t, 1);
  const modules: (string | undefined)[] = [];
  const result = await tryLogin(guest, { signal, modules: true, onCloudInit: (module) => void modules.push(module) });
  t.strictSame(modules, [undefined, 'runcmd', 'scripts_user']);
  t.match(result, { state: 'failed', reason: 'cloud-init failed: status: error' });
  const lines = result.state === 'failed' ? result.lines : [];
  t.equal(lines?.length, 12);
  t.equal(lines?.at(-1), 'no such luck');
});

t.test('warnings of cloud-init are no failure', { skip }, async (t) => {
  const guest = await openGuest(t, 2);
  t.match(await tryLogin(guest, { signal, modules: true, onCloudInit: () => undefined }), { state: 'ready' });
});
