import { chmod, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { run } from '../e2e/run-virtbs.js';

const MAKER = '#!/bin/sh\nmkdir -p dist/bundle && echo made >dist/bundle/main.cjs\n';

/** A checkout whose only package, needed to build it, is in a folder of its own: npm needs no network for it. */
async function makeCheckout(t: Test): Promise<string> {
  const manifest = { name: 'b', version: '1.0.0', private: true, devDependencies: { maker: 'file:maker' } };
  const checkout = t.testdir({
    bin: {},
    home: { '.npmrc': 'omit=dev\ndry-run=true\n' },
    maker: { 'package.json': JSON.stringify({ name: 'maker', version: '1.0.0', bin: 'maker.sh' }), 'maker.sh': MAKER },
    'package.json': JSON.stringify({ ...manifest, scripts: { build: 'maker' } }),
    'package-lock.json': JSON.stringify({
      ...manifest,
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': { name: 'b', version: '1.0.0', devDependencies: manifest.devDependencies },
        maker: { version: '1.0.0', dev: true, bin: { maker: 'maker.sh' } },
        'node_modules/maker': { resolved: 'maker', link: true },
      },
    }),
  });
  await chmod(join(checkout, 'maker', 'maker.sh'), 0o755);
  await copyFile(join(await packageDirectory(), 'bin', 'build'), join(checkout, 'bin', 'build'));
  return checkout;
}

/** Settings that a caller may have for the sake of other projects. */
const SETTINGS = [
  'NODE_ENV=production',
  'npm_config_omit=dev',
  'npm_config_dry_run=true',
  'npm_config_bin_links=false',
  'npm_config_global=true',
  'npm_config_package_lock=false',
];

t.test('bin/build installs all that it needs, whatever the caller has set', async (t) => {
  const checkout = await makeCheckout(t);
  const home = join(checkout, 'home');
  const call = ['env', `HOME=${home}`, `PATH=${env['PATH'] ?? ''}`, ...SETTINGS, join(checkout, 'bin', 'build')];
  const { code, stderr } = await run(checkout, call);
  t.equal(code, 0, stderr);
  t.strictSame((await readdir(join(checkout, 'dist', 'bundle'))).sort(), ['main.cjs']);
  t.ok((await readdir(join(checkout, 'node_modules'))).includes('.virtbs-lock'));
});

t.test('what bin/build noted of packages that are gone does not fail every later build', async (t) => {
  const checkout = await makeCheckout(t);
  const build = () => run(checkout, [join(checkout, 'bin', 'build')]);
  await mkdir(join(checkout, 'node_modules'));
  await copyFile(join(checkout, 'package-lock.json'), join(checkout, 'node_modules', '.virtbs-lock'));
  t.equal((await build()).code, 1);
  const { code, stderr } = await build();
  t.equal(code, 0, stderr);
  await writeFile(join(checkout, 'maker', 'maker.sh'), '#!/bin/sh\nexit 3\n');
  t.equal((await build()).code, 1, 'a build that fails for itself');
  t.ok((await readdir(join(checkout, 'node_modules'))).includes('.virtbs-lock'), 'needs no new packages');
});

t.test('quickstart in a clone says how to get Node before it installs anything', async (t) => {
  const checkout = t.testdir({ bin: {}, programs: {} });
  const bin = (name: string) => join(checkout, 'bin', name);
  for (const name of ['build', 'quickstart']) await copyFile(join(await packageDirectory(), 'bin', name), bin(name));
  const quickstart = async (node: string, policy: string) => {
    const programs = { node: `echo ${node}`, npm: ':', 'apt-cache': `printf '${policy}'` };
    const files = Object.entries(programs).map(([name, script]) => [join(checkout, 'programs', name), script] as const);
    for (const [file, script] of [...files, [bin('packages'), 'echo packages are looked for >&2; exit 1'] as const]) {
      await writeFile(file, `#!/bin/sh\n${script}\n`);
      await chmod(file, 0o755);
    }
    const path = `${join(checkout, 'programs')}:${env['PATH'] ?? ''}`;
    return await run(checkout, ['env', `PATH=${path}`, bin('quickstart'), '--lab']);
  };
  const policy = (version: string) => `nodejs:\n  Installed: (none)\n  Candidate: ${version}\n`;
  const cures = {
    '20.19.2+dfsg-1+deb13u3': /^build: sudo apt install nodejs npm$/m,
    '18.19.1+dfsg-6ubuntu5':
      /own Node \(18\.19\.1.*\) is too old: install Node 20\.19 or newer with npm, see docs\/install\.md/,
    '(none)': /^build: sudo apt update && sudo apt install nodejs npm \(/m,
  };
  for (const [version, cure] of Object.entries(cures)) {
    const { code, stderr } = await quickstart('v18.20.4', policy(version));
    t.equal(code, 1);
    t.match(stderr, /^build: Node v18\.20\.4 is too old: 20\.19 or newer is needed$/m);
    t.match(stderr, cure);
    t.notMatch(stderr, /packages are looked for/);
  }
  t.match((await quickstart('v20.19.0', '')).stderr, /packages are looked for/, 'a Node that is new enough');
});
