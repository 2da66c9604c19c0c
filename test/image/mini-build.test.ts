import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { runScript, type ScriptResult } from '../bin/run-script.js';

const build = join(await packageDirectory(), 'images/mini/build');

/** A package of a distribution: what it depends on, and the files that it brings. */
interface Package {
  readonly depends?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

const RELEASE = '7.2.12+deb14-cloud-amd64';
const MODULES = `usr/lib/modules/${RELEASE}`;

/** As Debian has its kernel from release 14 on: linux-image-… is empty. */
const DEBIAN_14 = {
  'linux-image-cloud-amd64': { depends: ['linux-base-cloud-amd64', `linux-image-${RELEASE}`] },
  [`linux-image-${RELEASE}`]: {
    depends: ['linux-base', `linux-base-${RELEASE}`, `linux-binary-${RELEASE}`, `linux-modules-${RELEASE}`],
  },
  [`linux-base-${RELEASE}`]: { files: { [`${MODULES}/modules.builtin`]: 'kernel/fs/ext4/ext4.ko\n' } },
  [`linux-binary-${RELEASE}`]: { files: { [`${MODULES}/vmlinuz`]: '\0'.repeat(2048) } },
  [`linux-modules-${RELEASE}`]: { files: { [`${MODULES}/kernel/fs/fat/fat.ko`]: 'depends=\0' } },
} satisfies Readonly<Record<string, Package>>;

/** Builds the image where apt knows these packages alone; all others are empty. `downloaded` are those that apt was asked for. */
async function buildFrom(
  t: Test,
  packages: Readonly<Record<string, Package>>,
): Promise<ScriptResult & { readonly downloaded: readonly string[] }> {
  const directory = t.testdir({ bin: {}, depends: {}, files: {}, out: {} });
  const programs = {
    'apt-cache': 'shift 2; for name; do cat "$0-depends/$name" 2>/dev/null; done',
    'apt-get':
      'for name; do case $name in -* | APT::* | download) ;; *) echo "$name" >>"$0-notes"; : >"$name.deb" ;; esac; done',
    'dpkg-deb': 'name=${2##*/}; folder=$0-files/${name%.deb}; mkdir -p "$folder"; tar -c -C "$folder" .',
    ...Object.fromEntries(['cpio', 'mke2fs', 'debugfs', 'qemu-img'].map((name) => [name, 'exit 1'])),
  };
  const bin = join(directory, 'bin');
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await mkdir(join(bin, 'apt-cache-depends'));
  for (const [name, { depends = [], files = {} }] of Object.entries<Package>(packages)) {
    const lines = depends.map((other) => `  Depends: ${other}\n`).join('');
    await writeFile(join(bin, 'apt-cache-depends', name), `${name}\n${lines}`);
    for (const [path, text] of Object.entries(files)) {
      const file = join(bin, 'dpkg-deb-files', name, path);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, text);
    }
  }
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const result = await runScript(build, [join(directory, 'out')], { env });
  const notes = await readFile(join(bin, 'apt-get-notes'), 'utf8').catch(() => '');
  return { ...result, downloaded: notes.split('\n').filter((name) => name.startsWith('linux-')) };
}

const WHOLE = ['image', 'base', 'binary', 'modules'].map((part) => `linux-${part}-${RELEASE}`);

t.test(
  'a kernel that is in several packages is taken whole, and an image without virtio_pci is not made',
  async (t) => {
    const { status, stderr, downloaded } = await buildFrom(t, DEBIAN_14);
    t.strictSame(downloaded, WHOLE);
    t.equal(
      stderr,
      `mini: the kernel of ${WHOLE.join(' ')} has no virtio_pci, neither built in nor as a module: VMs need it\n`,
    );
    t.equal(status, 1);
  },
);

t.test('what a kernel lacks is told by its packages', async (t) => {
  const without = (name: string) => ({ ...DEBIAN_14, [`linux-${name}-${RELEASE}`]: {} });
  t.match(await buildFrom(t, without('binary')), { status: 1, stderr: /^mini: no kernel in linux-image-/m });
  t.match(await buildFrom(t, without('base')), { status: 1, stderr: /^mini: linux-image-.*: no modules\.builtin, /m });
});
