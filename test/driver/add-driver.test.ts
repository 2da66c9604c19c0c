import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Driver } from '../../src/driver/types.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { openAbleDriver } from '../../src/driver/open-able-driver.js';
import { openDriver } from '../../src/driver/registry.js';
import { DRIVERS, type Drivers } from '../../src/driver/known-drivers.js';
import { cycle } from '../../src/slice/cycle.js';
import { reap } from '../../src/slice/reap.js';
import { restore } from '../../src/slice/restore.js';
import { snapshot } from '../../src/slice/snapshot.js';
import { start } from '../../src/slice/start.js';
import { stop } from '../../src/slice/stop.js';
import { wipe } from '../../src/slice/wipe.js';
import { PACKAGE } from '../config/problems-of.js';
import { planOf } from '../plan/plan-of.js';
import { testDriverContract } from './contract.js';
import { staticEntry } from './static-driver.js';

/** A line of the registry and a folder are all that a driver is. */
const drivers: Drivers = { ...DRIVERS, static: staticEntry };

const context = { emit: () => undefined, signal: new AbortController().signal };

testDriverContract(t, 'a driver that was added', {
  open: async (root) => await openDriver('static', { connect: '', root }, drivers),
  addForeignDomain: async () => undefined,
  addForeignNetwork: async () => undefined,
  removeForeign: async () => undefined,
  domainNames: async () => [],
  networkNames: async () => [],
});

t.test('a driver that was added is chosen and configured as all others are', async (t) => {
  const cwd = t.testdir({
    package: PACKAGE,
    'own.yaml': 'driver: static\nstatic: { slice: 3, machines: [alpha, beta] }\n',
    'wrong.yaml': 'driver: statik\nstatic: { machines: [Alpha], machine: beta }\n',
  });
  const load = async (file: string) =>
    await loadConfiguration({ packageDirectory: 'package', files: [file], overrides: [], cwd, drivers });
  const { driver: name = '', drivers: settings } = await load('own.yaml');
  t.equal(name, 'static');
  await using driver = await openDriver(name, { connect: '', root: cwd, settings: settings[name] }, drivers);
  t.match(await driver.inspect({}, context), [{ slice: 3, vms: [{ hostname: 'alpha' }, { hostname: 'beta' }] }]);
  t.strictSame(await driver.inspect({ slice: 1 }, context), []);
  await t.rejects(load('wrong.yaml'), {
    code: 'config-invalid',
    message: /:1:9: .*did you mean "static"[^]*:2:22: .*"Alpha"[^]*:2:30: .*did you mean "machines"/,
  });
});

t.test('what a driver is unable to do is refused before anything is done', async (t) => {
  const directory = t.testdir();
  const root = join(directory, 'root');
  const settings = { slice: 1, machines: ['alpha'] };
  await using driver = await openDriver('static', { connect: '', root, settings }, drivers);
  const standing = {
    slice: 1,
    driver,
    root,
    outputDirectory: directory,
    lockTimeout: 0,
    bootTimeout: 0,
    shutdownTimeout: 0,
    dryRun: false,
  };
  const words: readonly string[] = [];
  const building = {
    ...standing,
    images: { recipes: {}, root },
    jump: { address: 'here', user: 'me' },
    session: 'me@here',
    wait: false,
    loadMilliseconds: 0,
  };
  const reason = /: its machines exist already$/;
  for (const [verb, work] of Object.entries({
    cycle: async () => await cycle({ ...building, plan: await planOf(1, 'plain:1') }, context),
    wipe: () => wipe(standing, context),
    reap: () => reap(standing, context),
    start: () => start({ ...standing, words, wait: false }, context),
    stop: () => stop({ ...standing, words, force: false }, context),
  })) {
    await t.rejects(async () => await work(), { code: 'driver-unable', message: reason }, verb);
  }
  await t.rejects(snapshot({ ...standing, name: 'x' }, context), { code: 'snapshot-unsupported' });
  await t.rejects(restore({ ...standing, name: 'x', wait: false }, context), { code: 'snapshot-unsupported' });
  t.strictSame(await readdir(directory), [], 'not even the root was made');
});

t.test('what another driver can do as well is done by the first that is able', async (t) => {
  const opened: string[] = [];
  const entry = (name: string, unable: object): Drivers[string] => ({
    consoles: 'none',
    load: async () => ({
      driver: {
        features: () => ({ guests: true, snapshots: 'none', unable }),
        open: async ({ settings }) => {
          opened.push(`${name} ${String(settings)}`);
          return {} as Driver;
        },
      },
    }),
  });
  const able = {
    first: entry('first', { 'build-vm': 'it boots nothing' }),
    second: entry('second', {}),
    third: entry('third', {}),
  };
  const candidates = { options: { connect: '', root: '/' }, settings: { second: 'two', third: 'three' } };
  await openAbleDriver('build-vm', { name: 'third', ...candidates }, able);
  await openAbleDriver('build-vm', { name: 'first', ...candidates }, able);
  t.strictSame(opened, ['third three', 'second two']);
  await t.rejects(openAbleDriver('build-vm', { name: 'first', ...candidates }, { first: able.first }), {
    code: 'driver-unable',
    message: /it boots nothing/,
  });
});
