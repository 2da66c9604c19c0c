import t from 'tap';
import type { Configuration } from '../../src/config/configuration.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { mergeRoles } from '../../src/config/merge-roles.js';
import { packageDirectory } from '../../src/package-directory.js';
import { PACKAGE } from './problems-of.js';

const LAYERS = `machine_matrix:
  one:
    worker: { memory: 64MiB, nets: [net, data], disks: { root: { size: 1GiB, image_slot: mini }, data: {} }, labels: { a: { b: 1 } } }
    controller: {}
  two:
    extra: { disks: { root: { image_slot: mini } } }
    worker: { nets: [net], disks: { root: { size: 2GiB }, data: { size: 1GiB } }, labels: { a: { c: 2 } } }
  debian-12:
`;

t.test('layers are merged from left to right, roles in the order of their first appearance', async (t) => {
  const configuration = await load(t);
  const roles = mergeRoles(configuration, ['one', 'two', 'debian-12']);
  t.same(Object.keys(roles), ['worker', 'controller', 'extra']);
  t.match(roles['worker'], {
    memoryMiB: 64,
    nets: ['net'],
    disks: { root: { sizeBytes: 2 ** 31, imageSlot: 'mini' }, data: { sizeBytes: 2 ** 30 } },
    labels: { a: { b: 1, c: 2 } },
  });
  t.same(Object.keys(mergeRoles(configuration, ['two', 'one'])), ['extra', 'worker', 'controller']);
  t.same(mergeRoles(configuration, ['two', 'one'])['worker']?.nets, ['net', 'data']);
});

t.test('what no layer says has its default', async (t) => {
  const defaults = {
    memoryMiB: 512,
    vcpu: 1,
    nets: [],
    disks: {},
    labels: {},
    cache: 'unsafe',
    virtType: 'auto',
    graphics: 'none',
    boot: ['disk'],
    wait: 'ssh',
  };
  t.same(mergeRoles(await load(t), ['one', 'two'])['controller'], defaults);
});

t.test('a disk that after all has neither size nor slot is named with its place', async (t) => {
  const configuration = await load(t);
  t.throws(() => mergeRoles(configuration, ['one']), {
    code: 'config-invalid',
    message: 'own.yaml:3:98: worker.disks.data: neither "size" nor "image_slot"',
  });
});

t.test('an unknown layer is answered with the nearest one and with all of them', async (t) => {
  const configuration = await load(t);
  const hint = 'known layers: one, two, debian-12';
  const refuse = (layers: string[], message: string): void => {
    t.throws(() => mergeRoles(configuration, layers), {
      name: 'VirtbsError',
      code: 'usage',
      exitCode: 2,
      message,
      hint,
    });
  };
  refuse(['one', 'debian-13'], 'unknown layer "debian-13", did you mean "debian-12"?');
  refuse(['windows'], 'unknown layer "windows"');
  refuse(['constructor'], 'unknown layer "constructor"');
  refuse([''], 'unknown layer ""');
  refuse([], 'no layer is named');
  t.throws(() => mergeRoles(configuration, ['one', 'one']), { code: 'usage', message: 'layer "one" is named twice' });
});

t.test('the shipped layers work together, and every shipped role has offsets of its own', async (t) => {
  const folder = await packageDirectory();
  const configuration = await loadConfiguration({ packageDirectory: folder, files: [], overrides: [], cwd: folder });
  const roles = mergeRoles(configuration, ['roles']);
  const offsets = Object.entries(roles).map(([role, { firstOffset }]) => [role, firstOffset]);
  t.strictSame(offsets, Object.entries({ controller: 0x02, worker: 0x20, plain: 0x60, disk: 0x80, pxe: 0xc0 }));
  for (const role of ['controller', 'worker', 'plain', 'disk']) {
    t.match(roles[role], { memoryMiB: 128, vcpu: 1, disks: { root: { sizeBytes: 2 ** 30, imageSlot: 'mini' } } });
  }
  t.same(Object.keys(roles['disk']?.disks ?? {}), ['root', 'data1', 'data2', 'data3']);
  t.match(roles['pxe'], {
    memoryMiB: 512,
    boot: ['network', 'disk'],
    wait: 'none',
    disks: { blank: { sizeBytes: 10 * 2 ** 30 } },
  });

  const passed = mergeRoles(configuration, ['roles', 'passed'])['worker'];
  t.match(passed, { memoryMiB: 128, disks: { root: { imageSlot: 'mini', imageTag: 'passed' } } });
  const local = mergeRoles(configuration, ['roles', 'debian-local'])['worker'];
  t.match(local, { memoryMiB: 512, disks: { root: { imageSlot: 'debian-local' } } });
  const others = new Set(['roles', 'passed', 'debian-local']);
  for (const layer of Object.keys(configuration.machineMatrix).filter((name) => !others.has(name))) {
    const memoryMiB = layer.startsWith('centos') ? 2048 : 1024;
    const worker = mergeRoles(configuration, ['roles', layer])['worker'];
    const root = { sizeBytes: 10 * 2 ** 30, imageSlot: layer };
    t.match(worker, { memoryMiB, nets: ['net', 'data'], firstOffset: 0x20, disks: { root } }, layer);
  }
});

interface Folder {
  [name: string]: string | Folder;
}

async function load(t: { testdir: (content: Folder) => string }): Promise<Configuration> {
  const cwd = t.testdir({ package: PACKAGE, 'own.yaml': LAYERS });
  return await loadConfiguration({ packageDirectory: 'package', files: ['own.yaml'], overrides: [], cwd });
}
