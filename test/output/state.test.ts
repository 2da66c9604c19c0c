import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import * as z from 'zod';
import { SCHEMAS } from '../../src/cli/schemas/schemas.js';
import { slicePaths } from '../../src/filenames.js';
import { stateSchema } from '../../src/output/state-schema.js';
import { sliceState, type GuestFacts, type StateOptions } from '../../src/output/state.js';
import { packageDirectory } from '../../src/package-directory.js';
import { diskSerial } from '../../src/plan/disk-serial.js';
import { planJson } from '../../src/plan/plan-json.js';
import { planSchema } from '../../src/plan/plan-schema.js';
import { planOf, planWith } from '../plan/plan-of.js';

const BUILD = { slot: 'mini', build: 'abc', path: '/x', format: 'qcow2', virtualSize: 1 } as const;

const FACTS: GuestFacts = {
  shortName: 'disk-80',
  longName: 'disk-80.example.org',
  system: null,
  kernel: '6.1.0',
  arch: 'x86_64',
  bootTime: '2026-01-02T03:04:05.000Z',
  bootId: null,
  disks: [
    { name: 'vda', sizeBytes: 1024, serial: 'root', readOnly: false },
    { name: 'vdb', sizeBytes: 2048, serial: 'data1', readOnly: false },
    { name: 'vde', sizeBytes: 512, serial: 'virtbs-seed', readOnly: true },
  ],
};

function options(more: Partial<StateOptions> = {}): StateOptions {
  return {
    root: '/srv/virtbs',
    paths: slicePaths('/srv/virtbs', 1),
    outputDirectory: '/work',
    created: '2026-01-02T03:04:00.000Z',
    session: 'me@here',
    images: new Map([['mini:default', BUILD]]),
    imageLabels: { mini: { os: 'mini' } },
    facts: new Map(),
    ...more,
  };
}

/** A JSON Schema that is shipped, and a validator made of it. */
async function shippedSchema(name: string) {
  const path = join(await packageDirectory(), 'schemas', `${name}.schema.json`);
  const shipped = JSON.parse(await readFile(path, 'utf8')) as z.core.JSONSchema.JSONSchema;
  return { shipped, validator: z.fromJSONSchema(shipped) };
}

t.test('the shipped JSON Schemas are those of the program: otherwise call tools/write-schemas.js', async (t) => {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const { shipped } = await shippedSchema(name);
    t.strictSame(shipped, JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))), name);
  }
});

t.test('the JSON Schema of the plan accepts it, and describes all that is in it', async (t) => {
  const plan: unknown = JSON.parse(JSON.stringify(planJson(await planOf(1, 'disk:1', 'pxe:1'))));
  const { validator } = await shippedSchema('plan');
  t.strictSame(validator.safeParse(plan).error?.issues ?? [], []);
  t.strictSame(planSchema.parse(plan), plan);
  t.notOk(validator.safeParse({ ...(plan as object), networks: [{}] }).success);
});

t.test('the JSON Schema of the state accepts it, and describes all that is in it', async (t) => {
  const plan = await planWith(['machine_matrix.roles.disk.labels={CEPH_LAYOUT: [OSD, MON]}'], 1, 'disk:1', 'pxe:1');
  const facts = new Map([['disk-80', FACTS]]);
  const state: unknown = JSON.parse(JSON.stringify(sliceState(plan, options({ facts }))));
  const { validator } = await shippedSchema('state');
  t.strictSame(validator.safeParse(state).error?.issues ?? [], []);
  t.strictSame(stateSchema.parse(state), state);
  t.notOk(validator.safeParse({ ...(state as object), version: 2 }).success);
  t.notOk(validator.safeParse({ ...(state as object), vms: [{}] }).success);
});

t.test('disks whose long names begin alike are told apart in the state', async (t) => {
  const names = ['ceph-bluestore-block-wal-1', 'ceph-bluestore-block-wal-2'];
  const plan = await planWith(
    names.map((name) => `machine_matrix.roles.disk.disks.${name}={size: 1GiB}`),
    1,
    'disk:1',
  );
  const seen = names.map((name, index) => ({
    name: `vd${index}`,
    sizeBytes: 1024,
    serial: diskSerial({ name }),
    readOnly: false,
  }));
  const state = sliceState(plan, options({ facts: new Map([['disk-80', { ...FACTS, disks: seen }]]) }));
  t.strictSame(
    state.vms[0]?.facts?.disks.map(({ disk }) => disk),
    names,
  );
});

t.test('labels of images, networks and roles come out, and disks are known by their serial numbers', async (t) => {
  const plan = await planWith(
    ['machine_matrix.roles.disk.labels={CEPH_LAYOUT: [OSD]}', 'network_flags.net.labels={uplink: true}'],
    1,
    'disk:1',
  );
  const state = sliceState(plan, options({ facts: new Map([['disk-80', FACTS]]) }));
  t.match(state.images, [{ slot: 'mini', build: 'abc', labels: { os: 'mini' } }]);
  t.match(state.networks[0], { name: 'net', labels: { uplink: true } });
  const [vm] = state.vms;
  t.strictSame(vm?.labels, { CEPH_LAYOUT: ['OSD'] });
  t.match(vm?.disks, [
    { name: 'root', slot: 'mini', build: 'abc', serial: 'root' },
    { name: 'data1', slot: null, build: null, serial: 'data1' },
  ]);
  t.strictSame(
    vm?.facts?.disks.map(({ name, disk }) => [name, disk]),
    [
      ['vda', 'root'],
      ['vdb', 'data1'],
      ['vde', null],
    ],
  );
});

t.test('a VM that was not asked has no facts', async (t) => {
  const { vms } = sliceState(await planOf(1, 'controller:1', 'pxe:1'), options());
  t.strictSame(
    vms.map(({ login, facts }) => [login, facts]),
    [
      [true, null],
      [false, null],
    ],
  );
});
