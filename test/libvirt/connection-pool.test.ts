import t from 'tap';
import { ConnectionPool } from '../../src/libvirt/connection-pool.js';
import { openConnection } from '../../src/libvirt/connection.js';
import type { Connection } from '../../src/libvirt/connection.js';
import { loadNativeLibrary } from '../../src/libvirt/native-library.js';

async function open(): Promise<Connection> {
  return openConnection(await loadNativeLibrary(), 'test:///default');
}

/** A promise that is settled by hand. */
function gate(): { readonly passed: Promise<void>; readonly lift: () => void } {
  let lift = (): void => {};
  const passed = new Promise<void>((resolve) => (lift = resolve));
  return { passed, lift };
}

t.test('one action after the other needs one connection', async (t) => {
  let opened = 0;
  await using pool = new ConnectionPool(async () => {
    opened += 1;
    return open();
  }, 4);
  for (let count = 0; count < 10; count += 1) await pool.use(async () => {});
  t.equal(opened, 1);
});

t.test('actions at once share the limit, and none shares its connection', async (t) => {
  await using pool = new ConnectionPool(open, 3);
  const inUse = new Set<Connection>();
  let most = 0;
  const action = async (connection: Connection): Promise<void> => {
    t.notOk(inUse.has(connection), 'nobody else has this connection');
    inUse.add(connection);
    most = Math.max(most, inUse.size);
    await connection.call('virConnectGetCapabilities', connection.pointer);
    inUse.delete(connection);
  };
  const burst = async (): Promise<unknown> => Promise.all(Array.from({ length: 40 }, async () => pool.use(action)));
  await burst();
  await burst();
  t.ok(most > 1 && most <= 3, `${most} connections at once`);
});

t.test('a failed action gives its connection back', async (t) => {
  await using pool = new ConnectionPool(open, 1);
  await t.rejects(
    pool.use(async () => {
      throw new Error('broken');
    }),
    { message: 'broken' },
  );
  t.equal(await pool.use(async () => 'fine'), 'fine');
});

t.test('the end waits for actions that run or wait, and takes no new ones', async (t) => {
  const pool = new ConnectionPool(open, 1);
  const { passed, lift } = gate();
  const ended: string[] = [];
  const first = pool.use(() => passed).then(() => ended.push('first'));
  const second = pool.use(async () => {}).then(() => ended.push('second'));
  const closed = pool[Symbol.asyncDispose]().then(() => ended.push('closed'));
  await t.rejects(
    pool.use(async () => {}),
    { message: /closed/ },
  );
  lift();
  await Promise.all([first, second, closed]);
  t.strictSame(ended, ['first', 'second', 'closed']);
});

t.test('an action that waits for a connection is dropped when its signal is raised', async (t) => {
  await using pool = new ConnectionPool(open, 1);
  const { passed, lift } = gate();
  const abort = new AbortController();
  const first = pool.use(() => passed);
  const second = pool.use(async () => t.fail('must not run'), abort.signal);
  abort.abort(new Error('enough'));
  lift();
  await first;
  await t.rejects(second, { message: 'enough' });
});

t.test('a hypervisor that takes no more connections is used with those it took', async (t) => {
  let opened = 0;
  await using pool = new ConnectionPool(async () => {
    opened += 1;
    if (opened > 2) throw new Error('too many clients');
    return open();
  }, 4);
  const burst = async (): Promise<unknown> =>
    Promise.all(Array.from({ length: 20 }, async () => pool.use(async () => {})));
  await burst();
  t.equal(opened, 4, 'four were tried');
  await burst();
  t.equal(opened, 4, 'and it is left at two');
});

t.test('the failure of the only connection reaches all who wait', async (t) => {
  await using pool = new ConnectionPool(async () => {
    throw new Error('nobody there');
  }, 2);
  const answers = await Promise.allSettled(Array.from({ length: 5 }, () => pool.use(async () => {})));
  t.ok(answers.every(({ status }) => status === 'rejected'));
});

t.test('a failure of a daemon that has hung up says so, and the next action has another connection', async (t) => {
  const broken = Object.assign(await open(), { isAlive: () => false });
  const connections = [broken];
  await using pool = new ConnectionPool(async () => connections.pop() ?? open(), 1);
  const failure = pool.use((connection) => connection.call('virDomainLookupByName', connection.pointer, 'none'));
  await t.rejects(failure, { code: 'libvirt-unreachable', message: /^libvirt has hung up: /, hint: /again/ });
  await t.rejects(
    pool.use((connection) => connection.call('virDomainLookupByName', connection.pointer, 'none')),
    { name: 'LibvirtError' },
  );
});
