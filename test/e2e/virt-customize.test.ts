import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { stringify } from 'yaml';
import { noLab, run, runVirtbs } from './run-virtbs.js';

const IMAGES = '/srv/virtbs/images';

const hasProgram = (await run('/', ['sh', '-c', 'command -v virt-customize'])).code === 0;
const skip = noLab || (hasProgram ? false : 'virt-customize is not installed');

/** A folder with images that virt-customize makes of `mini`; the layer `by-tool` clones VMs from the first. */
async function writeConfiguration(directory: string): Promise<void> {
  const recipe = (scripts: readonly object[]) => ({
    image_customize: { base: 'mini', via: 'virt-customize', internet_access: false, scripts },
  });
  const custom = recipe([
    { inline: 'for word; do echo "<$word>"; done | tee /etc/words; cat /etc/custom', arguments: ['a b', '$HOME', ''] },
    { inline: 'touch /var/tmp/left /etc/dropbear/ed25519_host_key; printf "a\\\\tb"' },
  ]);
  const configuration = {
    image_flow: {
      'by-tool': {
        image_customize: { ...custom.image_customize, files: [{ path: '/etc/custom', content: 'a file\n' }] },
      },
      broken: recipe([{ inline: 'echo going; exit 7' }, { inline: 'echo never' }]),
    },
    machine_matrix: { 'by-tool': { plain: { disks: { root: { image_slot: 'by-tool' } } } } },
  };
  await writeFile(join(directory, 'images.yaml'), stringify(configuration, { version: '1.1' }));
}

t.test('virt-customize does the work of a recipe, and a VM of the image shows it', { skip }, async (t) => {
  const directory = t.testdir();
  await writeConfiguration(directory);
  const virtbs = async (...args: readonly string[]) => await runVirtbs(directory, '-c', 'images.yaml', ...args);
  const built = await virtbs('-v', 'image', 'build', 'by-tool');
  t.equal(built.code, 0, built.stderr);
  for (const line of ['<a b>', '<$HOME>', '<>', 'a file', 'a\\tbvirtbs: cleaning']) {
    t.ok(built.stderr.split('\n').includes(`image by-tool: ${line}`), `it tells "${line}"`);
  }
  const build = (await readdir(join(IMAGES, 'by-tool'))).find((name) => name !== 'tags') ?? '';
  t.strictSame((await readdir(join(IMAGES, 'by-tool', build))).sort(), [
    'build.json',
    'build.log',
    'disk.qcow2',
    'initrd',
    'kernel',
  ]);
  t.match(await readFile(join(IMAGES, 'by-tool', build, 'build.log'), 'utf8'), /^<a b>\n<\$HOME>\n<>\na file\n/m);

  const cycled = await virtbs('cycle', 'roles,by-tool', 'plain:1');
  t.equal(cycled.code, 0, cycled.stderr);
  const { stdout } = await run(directory, [
    ...['ssh', '-F', 'sshconf-bs1', 'plain'],
    'cat /etc/words; ls -A /var/tmp /tmp /.virtbs 2>&1; hostname',
  ]);
  t.match(stdout, /^<a b>\n<\$HOME>\n<>\n/);
  t.match(stdout, /\/\.virtbs: No such file/);
  t.notMatch(stdout, 'left');
  t.match(stdout, /plain-60$/);
  t.equal((await virtbs('wipe')).code, 0);
});

t.test('a script that fails under virt-customize fails the build', { skip }, async (t) => {
  const directory = t.testdir();
  await writeConfiguration(directory);
  const { code, stderr } = await runVirtbs(directory, '-c', 'images.yaml', 'image', 'build', 'broken');
  t.equal(code, 1);
  t.match(stderr, /^error: image broken: .*\n[^]*^going\nvirtbs: script inline-1 failed with exit code 7\n/m);
  t.notMatch(stderr, 'never');
  const [, log = ''] = /is in (\S+\.log)$/m.exec(stderr) ?? [];
  t.match(await readFile(log, 'utf8'), /^going$/m);
  t.strictSame(await readdir(join(IMAGES, 'broken')).catch(() => []), []);
});

t.test('virt-customize that is not installed, or does not work, is told', { skip: noLab }, async (t) => {
  const directory = t.testdir({ bin: {} });
  await writeConfiguration(directory);
  const links = ['node', 'qemu-img', 'tar', 'sh'];
  for (const name of links) await run(directory, ['sh', '-c', `ln -s "$(command -v ${name})" bin/`]);
  const { PATH } = env;
  t.teardown(() => (env['PATH'] = PATH));
  env['PATH'] = join(directory, 'bin');
  const missing = await runVirtbs(directory, '-c', 'images.yaml', 'image', 'build', 'broken');
  t.match(missing, { code: 1, stderr: /virt-customize, which the recipe asks for, is not installed/ });
  t.match(missing.stderr, /^hint: \S*bin\/packages --install --for virt-customize/m);
  await writeFile(
    join(directory, 'bin', 'virt-customize'),
    '#!/bin/sh\necho "libguestfs: error: no kernel" >&2\nexit 1\n',
    {
      mode: 0o755,
    },
  );
  const failing = await runVirtbs(directory, '-c', 'images.yaml', 'image', 'build', 'broken');
  t.match(failing, { code: 1, stderr: /virt-customize failed\nlibguestfs: error: no kernel\n/ });
  t.match(failing.stderr, /^hint: libguestfs-test-tool tells/m);
});
