import t from 'tap';
import { renderAge } from '../../src/cli/render/age.js';
import { renderSlices } from '../../src/cli/render/slices.js';
import { renderTop } from '../../src/cli/render/top.js';
import { renderStatus } from '../../src/cli/render/status.js';
import { parseSession } from '../../src/session/parse-session.js';
import type { ListedVm } from '../../src/slice/list-slices.js';

const GIB = 1024 ** 3;
const VM: ListedVm = {
  domain: 'bs1-plain-60',
  uuid: 'u',
  hostname: 'plain-60',
  role: 'plain',
  offset: 0x60,
  power: 'running',
  accessAddress: '172.16.17.96',
  image: 'mini/b1',
  memoryMiB: 128,
  vcpu: 1,
  created: '2026-01-01T00:00:00.000Z',
  session: 'me@here',
  residentBytes: GIB / 8,
  diskBytes: GIB / 4,
};

t.test('ages are told in their two largest units', async (t) => {
  t.strictSame(
    [0, 8000, 310_000, 3_600_000, 187_200_000, Number.NaN].map((age) => renderAge(age)),
    ['0s', '8s', '5m 10s', '1h', '2d 4h', '-'],
  );
});

t.test('ls shows every VM with what it holds, and what the host has left', async (t) => {
  const host = {
    cpus: 4,
    memoryBytes: 8 * GIB,
    availableMemoryBytes: 6 * GIB,
    diskBytes: 100 * GIB,
    availableDiskBytes: 50 * GIB,
  };
  const off = { ...VM, hostname: 'plain-61', power: 'off' as const, residentBytes: 0 };
  const owner = {
    root: '/r',
    session: 'me@here',
    created: '2026-01-01T00:00:00.000Z',
    expires: null,
    madeBy: parseSession('me@here'),
  };
  const slices = [
    { slice: 1, ...owner, vms: [VM, off], networks: [] },
    {
      slice: 2,
      ...owner,
      expires: '2026-01-01T01:05:10.000Z',
      vms: [],
      networks: [{ name: 'bs2-net', uuid: 'n', active: true }],
    },
  ];
  t.equal(
    renderSlices({ version: 1, host, slices }, { now: Date.parse('2026-01-01T00:05:10.000Z') }),
    `SLICE  VM        STATE              ADDRESS       VCPU  MEMORY   HELD     DISK     IMAGE    AGE     SESSION  ENDS
1      plain-60  running            172.16.17.96  1     128 MiB  128 MiB  256 MiB  mini/b1  5m 10s  me@here  -
1      plain-61  off                172.16.17.96  1     128 MiB  -        256 MiB  mini/b1  5m 10s  me@here  -
2      -         1 network, no VMs  -             -     -        -        -        -        5m 10s  me@here  in 1h

host    GIVEN    HELD     AVAILABLE  OF
memory  128 MiB  128 MiB  6 GiB      8 GiB
disk    -        512 MiB  50 GiB     100 GiB
cpu     1        -        -          4
`,
  );
  t.equal(renderSlices({ version: 1, host: null, slices: [] }), 'no slices\n');
  t.equal(renderSlices({ version: 1, host: null, slices: [] }, { asked: 8 }), 'slice 8 is empty\n');
});

t.test('what is not known of VMs is not told as 0', (t) => {
  const rates = { cpuPercent: 0, readRate: 0, writeRate: 0, receiveRate: 0, sendRate: 0 };
  const load = { ...VM, slice: 1, ...rates, residentBytes: 0, diskBytes: 0 };
  const owner = {
    root: '/r',
    session: 'me@here',
    created: '2026-01-01T00:00:00.000Z',
    expires: null,
    madeBy: parseSession('me@here'),
  };
  const slices = [{ slice: 1, ...owner, vms: [load], networks: [] }];
  for (const table of [
    renderTop({ version: 1, host: null, vms: [load] }),
    renderSlices({ version: 1, host: null, slices }),
  ]) {
    t.notMatch(table, /\b0(\.0)?\b/);
    t.match(table, /plain-60 .* 128 MiB/);
  }
  t.end();
});

t.test('status says below its table why logins fail', async (t) => {
  const vm = { domain: 'bs1-plain-60', role: 'plain', power: 'running', accessAddress: '172.16.17.96' } as const;
  const ready = {
    ...vm,
    hostname: 'plain-60',
    ssh: 'ready',
    reason: null,
    cloudInit: 'none',
    uptimeSeconds: 61,
  } as const;
  const refused = {
    ...vm,
    hostname: 'plain-61',
    ssh: 'refused',
    reason: 'no key',
    cloudInit: null,
    uptimeSeconds: null,
  } as const;
  t.equal(
    renderStatus({ version: 1, slice: 1, vms: [ready, refused] }),
    `VM        ROLE   STATE    ADDRESS       SSH      CLOUD-INIT  UPTIME
plain-60  plain  running  172.16.17.96  ready    none        1m 1s
plain-61  plain  running  172.16.17.96  refused  -           -

plain-61: no key
`,
  );
});

t.test('lines of top have the width of the terminal, and names and addresses are whole at 80 columns', (t) => {
  const host = {
    cpus: 4,
    memoryBytes: 8 * GIB,
    availableMemoryBytes: GIB,
    diskBytes: 9 * GIB,
    availableDiskBytes: GIB,
  };
  const rates = { cpuPercent: 99, readRate: 1e6, writeRate: 1e6, receiveRate: 1e6, sendRate: 1e6 };
  const vm = {
    ...VM,
    hostname: 'controller-02',
    image: 'debian-12/0123456789abcdef',
    session: 'somebody@somewhere pts/12',
  };
  const drawn = renderTop({ version: 1, host, vms: [{ ...vm, slice: 1, ...rates }] }, 80);
  t.ok(
    drawn.split('\n').every((line) => line.length <= 80),
    drawn,
  );
  t.match(drawn, /disk available\n\nSLICE .*\n1 +controller-02 +running/);
  const owner = {
    root: '/r',
    session: 'me@here',
    created: '2026-01-01T00:00:00.000Z',
    expires: null,
    madeBy: parseSession('me@here'),
  };
  for (const width of [80, 100]) {
    const table = renderSlices(
      { version: 1, host: null, slices: [{ slice: 1, ...owner, vms: [vm], networks: [] }] },
      { width },
    );
    t.match(table, /^SLICE .*\n1 +controller-02 +running +172\.16\.17\.96 .*somebody@somewhere pts\/12/);
    t.ok(
      table.split('\n').every((line) => line.length <= width),
      table,
    );
  }
  t.end();
});
