import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { packageDirectory } from '../../src/package-directory.js';
import { takeInventory } from './host-inventory.js';
import { noLab, run, runVirtbs, type Ending } from './run-virtbs.js';

const skip = noLab;
const IMAGES = '/srv/virtbs/images';
/** Milliseconds for what libvirt does by itself after a process was killed. */
const LIMIT = 30_000;

/** A folder with a configuration of images that stand on others; the layer `SLOT` clones a VM from SLOT. */
async function configure(
  directory: string,
  images: Readonly<Record<string, object>>,
): Promise<(...args: readonly string[]) => Promise<Ending>> {
  const slots = Object.entries(images);
  const configuration = {
    image_flow: Object.fromEntries(slots.map(([slot, recipe]) => [slot, { image_customize: recipe }])),
    machine_matrix: Object.fromEntries(
      slots.map(([slot]) => [slot, { plain: { disks: { root: { image_slot: slot, size: '3GiB' } } } }]),
    ),
  };
  await writeFile(join(directory, 'images.yaml'), stringify(configuration, { version: '1.1' }));
  return async (...args) => await runVirtbs(directory, '-c', 'images.yaml', ...args);
}

/** Starts a build and sends it a signal as soon as the guest says the words; resolves with how it ended. */
async function buildUntil(
  directory: string,
  slot: string,
  { words, signal }: { words: string; signal: NodeJS.Signals },
) {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const args = [virtbs, '-v', '-c', 'images.yaml', 'image', 'build', slot];
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  for await (const line of createInterface({ input: child.stderr })) if (line.endsWith(words)) child.kill(signal);
  const [code, killedBy] = await ended;
  return code ?? killedBy;
}

async function listBuilds(slot: string): Promise<readonly string[]> {
  const names = await readdir(join(IMAGES, slot)).catch(() => []);
  return names.filter((name) => name !== 'tags');
}

async function until(condition: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + LIMIT; performance.now() < end; await sleep(100)) {
    if (await condition()) return true;
  }
  return await condition();
}

/** Looks at the host now, and again when asked: nothing may be there that was not. */
async function watchHost(t: Test): Promise<() => Promise<void>> {
  const before = await takeInventory();
  return async () => {
    t.strictSame(await takeInventory(), before, 'nothing is left but images');
  };
}

t.test('a guest customizes itself, and a VM cloned from it is an instance of its own', { skip }, async (t) => {
  const directory = t.testdir({
    'setup.sh': '#!/bin/sh\nfor word; do echo "<$word>"; done >/etc/words\nhostname >>/etc/words\n',
    files: { one: '1\n', sub: { two: '2\n' }, link: t.fixture('symlink', 'one') },
  });
  // Files keep their mode, and the umask of the caller may leave others nothing.
  await run(directory, ['chmod', '-R', 'a+rX', 'files']);
  const virtbs = await configure(directory, {
    custom: {
      base: 'mini',
      size: '2GiB',
      files: [
        { path: '/etc/custom', source: join(directory, 'files') },
        { path: '/etc/greeting', content: "it's me\n", mode: '0604' },
      ],
      scripts: [
        { file: join(directory, 'setup.sh'), arguments: ['two words', "it's", '', '$HOME'] },
        { inline: 'echo "inline words"; cat /etc/custom/sub/two >/etc/inline; df -m / | tail -n 1' },
      ],
    },
  });
  const unchanged = await watchHost(t);
  const built = await virtbs('-v', 'image', 'build', 'custom');
  t.equal(built.code, 0, built.stderr);
  t.match(built.stderr, /^image custom: inline words$/m, 'what the guest says is told as it comes');
  await unchanged();
  const [build = ''] = await listBuilds('custom');
  const record: unknown = JSON.parse(await readFile(join(IMAGES, 'custom', build, 'build.json'), 'utf8'));
  const base = (await listBuilds('mini')).find((name) => JSON.stringify(record).includes(name));
  t.match(record, { kind: 'image_customize', virtualSize: 2 * 1024 ** 3, base: { slot: 'mini', build: base } });
  t.match(await readFile(join(IMAGES, 'custom', build, 'build.log'), 'utf8'), /^inline words$/m);
  const { stdout: info } = await run('/', ['qemu-img', 'info', join(IMAGES, 'custom', build, 'disk.qcow2')]);
  t.match(info, new RegExp(`backing file: \\.\\./\\.\\./mini/${base}/disk\\.qcow2 `), 'the store can be moved');

  const again = await virtbs('image', 'build', 'custom');
  t.strictSame([again.code, again.stderr], [0, ''], 'a second time there is nothing to do');

  const cycled = await virtbs('cycle', 'roles,custom', 'plain:1');
  t.equal(cycled.code, 0, cycled.stderr);
  const ssh = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await run(directory, ['ssh', '-F', 'sshconf-bs1', 'plain', command]);
    t.equal(code, 0, stderr);
    return stdout;
  };
  t.equal(await ssh('cat /etc/words'), `<two words>\n<it's>\n<>\n<$HOME>\nmini`);
  t.equal(await ssh('cat /etc/custom/one /etc/custom/sub/two /etc/custom/link /etc/inline'), '1\n2\n1\n2');
  t.equal(await ssh('stat -c "%a %u" /etc/greeting; sudo cat /etc/greeting'), `604 0\nit's me`);
  t.equal(await ssh('hostname; cat /etc/hostname'), 'plain-60\nplain-60');
  t.match(await ssh('cat /etc/resolv.conf'), /^nameserver 172\.16\.17\.1$/);
  t.equal(await ssh('ip -o -4 addr show | grep -c 198.18 || true'), '0');
  const traces = 'grep -rlE "198\\.18\\.|virtbs-build" /etc /var /root /home 2>/dev/null || true';
  t.equal(await ssh(`sudo sh -c '${traces}'`), '', 'nothing tells of the build');
  t.equal(await ssh('ls -A /var/tmp /tmp /var/log | grep -v : | grep . || true'), '');
  t.ok(Number(await ssh(`df -m / | awk 'END { print $2 }'`)) > 2500, 'the disk of the VM is larger still');
  t.equal((await virtbs('wipe')).code, 0);
});

t.test('a script that fails fails the build, which leaves its log and nothing else', { skip }, async (t) => {
  const directory = t.testdir();
  const virtbs = await configure(directory, {
    broken: {
      base: 'mini',
      scripts: [{ inline: 'printf "\\033[31mred\\033[0m words\\n"; exit 3' }, { inline: 'echo never' }],
    },
    packages: { base: 'mini', packages: ['htop'] },
    off: { base: 'mini', scripts: [{ inline: 'echo going; poweroff -f' }] },
  });
  const before = await takeInventory();
  const { code, stderr } = await virtbs('image', 'build', 'broken');
  t.equal(code, 1);
  t.match(stderr, /^error: image broken: .*\n.*\nred words\nvirtbs: script inline-1 failed with exit code 3\n/m);
  t.notMatch(stderr, /never/);
  const [, log = ''] = /is in (\/srv\/virtbs\/logs\/image-broken-\S+\.log)$/m.exec(stderr) ?? [];
  t.match(await readFile(log, 'utf8'), /^red words$/m);
  t.strictSame(await listBuilds('broken'), []);
  t.match(await virtbs('image', 'build', 'packages'), { code: 1, stderr: /no package manager is here/ });
  t.match(await virtbs('image', 'build', 'off'), {
    code: 1,
    stderr: /went off before its work was done[^]*Power down[^]*^going$/m,
  });
  const after = await takeInventory();
  t.strictSame({ ...after, files: after.files.filter((file) => !file.includes('/logs/image-')) }, before);
});

t.test('a build that is interrupted leaves nothing; one that is killed is taken over', { skip }, async (t) => {
  const directory = t.testdir();
  const virtbs = await configure(directory, {
    slow: { base: 'mini', scripts: [{ inline: 'echo asleep; sleep 3; echo awake' }] },
  });
  const before = await takeInventory();
  t.equal(await buildUntil(directory, 'slow', { words: 'asleep', signal: 'SIGINT' }), 130);
  t.strictSame(await takeInventory(), before);
  t.strictSame(await listBuilds('slow'), []);

  t.equal(await buildUntil(directory, 'slow', { words: 'asleep', signal: 'SIGKILL' }), 'SIGKILL');
  t.ok(
    await until(async () => (await takeInventory()).domains.length === before.domains.length),
    'the VM dies with its builder',
  );
  t.match(await listBuilds('slow'), [/^\.building-/]);
  const { code, stderr } = await virtbs('image', 'build', 'slow');
  t.equal(code, 0, stderr);
  t.strictSame(await takeInventory(), before);
  t.match(await listBuilds('slow'), [/^[\da-f]{16}$/]);
});

t.test('what builds an image is no slice, and in the way of none', { skip }, async (t) => {
  const directory = t.testdir();
  const virtbs = await configure(directory, {
    aside: { base: 'mini', scripts: [{ inline: 'echo asleep; sleep 8' }] },
  });
  const before = await takeInventory();
  const building = virtbs('image', 'build', 'aside');
  t.ok(await until(async () => (await takeInventory()).domains.includes('virtbs-build0')));
  t.match(await runVirtbs(directory, 'ls', '--json'), { code: 0, stdout: /"slices": \[\]/ });
  t.match(await runVirtbs(directory, 'cycle', 'roles', 'plain:1', '--no-wait'), { code: 0 });
  t.match(await runVirtbs(directory, 'wipe'), { code: 0 });
  t.ok((await takeInventory()).domains.includes('virtbs-build0'));
  const { code, stderr } = await building;
  t.equal(code, 0, stderr);
  t.strictSame((await takeInventory()).domains, before.domains);
});

t.test('two processes build one image once; images of one base are built side by side', { skip }, async (t) => {
  const directory = t.testdir();
  const scripts = [{ inline: 'sleep 1; cat /proc/sys/kernel/random/uuid >/etc/uuid' }];
  const virtbs = await configure(directory, {
    shared: { base: 'mini', scripts },
    left: { base: 'shared', flatten: true, scripts: [{ inline: 'cp /etc/uuid /etc/left' }] },
    right: {
      base: 'shared',
      internet_access: false,
      scripts: [
        { inline: '! nslookup localhost 198.18.0.1 && ! nslookup localhost 198.18.1.1' },
        {
          inline:
            'test "$(wc -l </proc/net/route)" -le 2 && ! grep -q "[[:blank:]]00000000[[:blank:]]" /proc/net/route',
        },
      ],
    },
  });
  const unchanged = await watchHost(t);
  const endings = await Promise.all([
    virtbs('image', 'build', 'left', 'right'),
    virtbs('image', 'build', 'right', 'left'),
  ]);
  for (const { code, stderr } of endings) t.equal(code, 0, stderr);
  const words = endings.map(({ stderr }) => stderr).join('\n');
  for (const slot of ['shared', 'left', 'right']) {
    t.equal(words.match(new RegExp(`^image ${slot}: building$`, 'gm'))?.length, 1, `${slot} is built once`);
    t.match(await listBuilds(slot), [/^[\da-f]{16}$/]);
  }
  t.match(words, /^waiting for image shared: process \d+: making image shared, since /m);
  await unchanged();
  const [left = ''] = await listBuilds('left');
  const { stdout } = await run('/', ['qemu-img', 'info', join(IMAGES, 'left', left, 'disk.qcow2')]);
  t.notMatch(stdout, /backing file/, 'a flat image stands alone');

  const renewed = await virtbs('image', 'build', '--renew', 'shared');
  t.equal(renewed.code, 0, renewed.stderr);
  t.equal((await listBuilds('shared')).length, 2, 'the old build stays');
  const followed = await virtbs('image', 'build', 'shared', 'left');
  t.match(followed.stderr, /^image left: building$/m, 'what stands on it follows');
  t.notMatch(followed.stderr, /shared: building/);
});

t.test('a network of the same name that is not ours is left alone', { skip }, async (t) => {
  const directory = t.testdir({ 'net.xml': '<network><name>virtbs-build0</name><bridge name="other0"/></network>' });
  const virtbs = await configure(directory, { beside: { base: 'mini', scripts: [{ inline: 'ip link' }] } });
  t.equal((await run(directory, ['virsh', '-q', 'net-define', 'net.xml'])).code, 0);
  t.teardown(async () => await run('/', ['virsh', '-q', 'net-undefine', 'virtbs-build0']));
  const before = await takeInventory();
  const { code, stderr } = await virtbs('-v', 'image', 'build', 'beside');
  t.equal(code, 0, stderr);
  t.match(stderr, /52:54:00:ff:01:02/, 'the next one was taken');
  t.strictSame(await takeInventory(), before);
});
