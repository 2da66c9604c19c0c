import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { labObstacle } from '../bin/lab-obstacle.js';
import { runScript, type ScriptResult } from '../bin/run-script.js';

/** Releases of Debian that the .deb is installed in; test/install/run --long takes all. */
const SUITES = env['VIRTBS_TEST_LONG'] ? ['bookworm', 'trixie'] : ['bookworm'];

const checkout = await packageDirectory();
const packages = join(checkout, 'dist/packages');
const { version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as { version: string };
const NPM = join(packages, `virtbs-${version}.tgz`);
const DEB = join(packages, `virtbs_${version}_amd64.deb`);
const RPM = join(packages, `virtbs-${version}-1.x86_64.rpm`);

const MAKE = `SOURCE_DATE_EPOCH=1790000000 VIRTBS_PACKAGE_BUILT=1 '${join(checkout, 'tools/package')}'`;

/** Two VMs in a lab, with the program `virtbs` that is on the path. */
const CYCLE = `virtbs lab -- sh -ec '
  virtbs host check
  virtbs --output-dir /run cycle --checkpoint no roles controller:1 worker:1
  echo "logged in to $(ssh -n -F /run/sshconf-bs1 worker-20 hostname)"
'`;

t.test('the packages', { skip: await obstacle() }, async (t) => {
  await must(MAKE);

  t.test('they hold what an installed copy runs, and neither sources nor tests', async (t) => {
    const names = (await must(`tar -tzf '${NPM}'`)).stdout.split('\n').map((name) => name.replace('package/', ''));
    const needed = [
      'bin/virtbs',
      'bin/load-bundle.cjs',
      'dist/bundle/main.cjs',
      'dist/share/virtbs.1',
      'dist/share/_virtbs',
      'images/mini/build',
      'images/mini-packages/build',
      'payloads/patroni/virtbs.yaml',
    ];
    needed.push('integrations/buildbot/virtbs_buildbot/__init__.py', 'integrations/buildbot/worker.yaml');
    needed.push('integrations/systemd/virtbs-ci.service');
    needed.push('slices/roles.yaml', 'schemas/plan.schema.json', 'LICENSE', 'dist/bundle/THIRD-PARTY-LICENSES');
    for (const name of needed) t.ok(names.includes(name), name);
    const others = names.filter((name) =>
      /^(src|test|tools|bench|lab)\/|^bin\/(build|test)$|^dist\/(src|test)/.test(name),
    );
    t.strictSame(others, []);
    const bundled = names.flatMap((name) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
    t.strictSame([...new Set(bundled)].sort(), ['@koromix/koffi-linux-x64', '@libsql/linux-x64-gnu', 'koffi']);
  });

  t.test('npm installs one in a folder, without a network, and it works at once without npm', async (t) => {
    const directory = t.testdir({ home: {}, bin: { npm: '#!/bin/sh\necho "npm is called" >&2\nexit 1\n' } });
    await chmod(join(directory, 'bin/npm'), 0o755);
    const prefix = join(directory, 'prefix');
    const home = `HOME='${join(directory, 'home')}'`;
    const install = await must(`cd / && ${home} unshare --net npm install -g --prefix '${prefix}' '${NPM}'`);
    t.match(install.stdout, /added 1 package/);
    const path = `PATH='${join(prefix, 'bin')}:${join(directory, 'bin')}':$PATH`;
    t.equal((await must(`${path} virtbs version`)).stdout, `${version}\n`);
    t.match((await must(`cd / && ${path} virtbs plan roles controller:1`)).stdout, /controller-02/);
    await must(`test -s '${prefix}/share/man/man1/virtbs.1'`);
    const root = env['VIRTBS_LAB_ROOT'] ?? join(checkout, '.lab/srv');
    await must(`${path} virtbs --root '${root}' image build mini`);
    t.match((await must(`export ${path} VIRTBS_LAB_ROOT='${root}'; ${CYCLE}`)).stdout, /^logged in to worker-20$/m);
  });

  for (const suite of SUITES) {
    t.test(`apt installs the .deb in a minimal Debian, ${suite}, and that is the whole installation`, async (t) => {
      const script = `
        set -e
        apt-get -q update
        apt-get -q -y install --no-install-recommends /mnt/${DEB.slice(packages.length + 1)}
        if command -v node || command -v npm; then exit 1; fi
        echo "version $(virtbs version)"
        cd /root && virtbs plan roles controller:1
        test -s /usr/share/bash-completion/completions/virtbs
        test -s /usr/lib/systemd/system/virtbs-ci.service
        virtbs --root "$(virtbs lab --where)" image build mini
        ${CYCLE}
        apt-get -q -y purge virtbs
        ! test -e /usr/lib/virtbs`;
      const { status, stdout, stderr } = await runScript(join(checkout, 'test/install/in-root'), [
        suite,
        packages,
        script,
      ]);
      if (status !== 0) throw new Error(`${stdout}${stderr}`.slice(-4000));
      t.match(stdout, new RegExp(`^version ${version.replaceAll('.', '\\.')}$`, 'm'));
      t.match(stdout, /^controller-02 /m);
      t.match(stdout, /^logged in to worker-20$/m);
    });
  }

  t.test('the .rpm has the files of the .deb, asks for the same programs, and runs unpacked', async (t) => {
    const tree = join(t.testdir(), 'tree');
    await mkdir(tree);
    await must(`cd '${tree}' && rpm2cpio '${RPM}' | cpio -idm --quiet`);
    const inRpm = (await must(`cd '${tree}' && find usr/lib usr/bin usr/share/man ! -type d | LC_ALL=C sort`)).stdout;
    const inDeb = (await must(`dpkg-deb -c '${DEB}' | awk '!/^d/ { print substr($6, 3) }' | LC_ALL=C sort`)).stdout;
    const same = inDeb.split('\n').filter((name) => /^usr\/(lib|bin|share\/man)\//.test(name));
    t.strictSame(inRpm.trim().split('\n'), same);
    const requires = (await must(`rpm -qp --requires '${RPM}'`)).stdout.split('\n');
    for (const name of ['libvirt-daemon-kvm', 'qemu-img', 'dnsmasq', 'openssh-clients', 'xorriso'])
      t.ok(requires.includes(name), name);
    const { stdout } = await must(`cd '${tree}' && usr/lib/virtbs/bin/node usr/lib/virtbs/bin/virtbs version`);
    t.equal(stdout, `${version}\n`);
    await must(
      `cd '${tree}' && usr/lib/virtbs/bin/node usr/lib/virtbs/bin/virtbs -c /dev/null plan roles controller:1`,
    );
  });

  t.test('made again, they are the same to the byte', async (t) => {
    const before = (await must(`cd '${packages}' && sha256sum *`)).stdout;
    await must(MAKE);
    t.equal((await must(`cd '${packages}' && sha256sum *`)).stdout, before);
  });
});

async function obstacle(): Promise<string | false> {
  const lab = await labObstacle();
  if (lab) return lab;
  if (env['VIRTBS_LAB']) return 'needs a network, which a lab has not';
  const programs =
    'for name in mmdebstrap dpkg-deb rpmbuild rpm2cpio cpio; do command -v $name >/dev/null || exit 1; done';
  if ((await bash(programs)).status !== 0) return 'bin/packages --install --for test';
  if ((await bash(`test -L '${join(checkout, 'node_modules')}'`)).status === 0) return 'node_modules is a link';
  return false;
}

async function bash(script: string): Promise<ScriptResult> {
  return await runScript('bash', ['-c', script]);
}

/** A script that must succeed. */
async function must(script: string): Promise<ScriptResult> {
  const result = await bash(`set -e -o pipefail\n${script}`);
  if (result.status !== 0) throw new Error(`${script}\n${result.stdout}${result.stderr}`);
  return result;
}
