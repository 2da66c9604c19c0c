import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { TaskSettings } from '../../src/config/task-settings.js';
import { openNodeAgent, type NodeAgent } from '../../src/task/node-agent.js';
import { runProgram } from '../../src/process/run-program.js';
import type { TaskEnd } from '../../src/task/node-record.js';
import { startScript, type StartRequest } from '../../src/task/start-script.js';
import { taskOf } from './task-of.js';

const SHELLS: readonly (readonly string[])[] = [['dash'], ['bash'], ['busybox', 'sh']];

for (const shell of SHELLS) {
  t.test(`a node is served by ${shell.join(' ')}`, async (t) => {
    const folder = join(await mkdtemp(join(tmpdir(), 'virtbs-agent-')), 'tasks');
    const open = async (): Promise<NodeAgent> =>
      await openNodeAgent((script, where) => [shell[0] ?? 'sh', ...shell.slice(1), '-c', script, 'agent', where], {
        node: 'here',
        folder,
        signal: new AbortController().signal,
      });
    const put = (agent: NodeAgent, task: TaskSettings, more: Partial<StartRequest> = {}): void => {
      const action = task.action.kind === 'run' ? task.action.line : null;
      const request = { task, action, arguments: [], environment: {}, files: {}, takes: {}, provision: '', ...more };
      agent.put(task.name, 'key', Buffer.from(`{"of":"${task.name}"}\n`));
      agent.put(task.name, 'start', Buffer.from(startScript(request)));
    };
    const all = { from: 0, most: 1_000_000 };

    await t.test('a task runs, and its output, values and exit code are told', async (t) => {
      await using agent = await open();
      put(agent, taskOf('first', { run: 'echo "$word"; echo token=42 >>"$VIRTBS_GIVES"; exit 3' }), {
        takes: { word: `a 'quoted'\nvalue` },
      });
      t.strictSame(await agent.start('first'), { code: 3, hasLog: true, hasValues: true });
      t.equal((await agent.read('first', 'log', all)).toString(), "a 'quoted'\nvalue\n");
      t.equal((await agent.read('first', 'log', { from: 3, most: 6 })).toString(), 'quoted');
      t.equal((await agent.read('first', 'gives', all)).toString(), 'token=42\n');
      t.match(await agent.records(), [{ task: 'first', code: 3, running: false, key: '{"of":"first"}' }]);
      await t.rejects(readFile(join(folder, 'first', 'start')), { code: 'ENOENT' }, 'the script is gone');
    });

    await t.test('many tasks run side by side', async (t) => {
      await using agent = await open();
      const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
      for (const name of names) put(agent, taskOf(name, { run: `echo ${name}` }));
      const ends = await Promise.all(names.map((name) => agent.start(name)));
      t.ok(ends.every(({ code }) => code === 0));
      const logs = await Promise.all(names.map((name) => agent.read(name, 'log', all)));
      t.strictSame(
        logs.map(String),
        names.map((name) => `${name}\n`),
      );
    });

    await t.test('a signal ends all that a task runs', async (t) => {
      await using agent = await open();
      put(agent, taskOf('long', { run: 'sleep 100 & sleep 100; echo not reached' }));
      const end = agent.start('long');
      while (!(await agent.records()).some(({ task, running }) => task === 'long' && running));
      agent.stop('long', 'TERM');
      t.match(await end, { code: 143 });
    });

    await t.test('a task goes on when its caller has gone, and is waited for by the next', async (t) => {
      const gone = await open();
      put(gone, taskOf('stays', { run: `until [ -e ${folder}/go ]; do sleep 0.05; done; echo went on` }));
      const lost = gone.start('stays');
      while (!(await gone.records()).some(({ task, running }) => task === 'stays' && running));
      await gone[Symbol.asyncDispose]();
      await t.rejects(lost, { code: 'vm-failed' });
      await using agent = await open();
      t.match(
        (await agent.records()).find(({ task }) => task === 'stays'),
        { running: true, code: null },
      );
      const end = agent.wait('stays');
      put(agent, taskOf('go', { run: `: >${folder}/go` }));
      await agent.start('go');
      t.match(await end, { code: 0 });
    });

    await t.test('a process that a task leaves behind holds nobody up', async (t) => {
      await using agent = await open();
      put(agent, taskOf('daemon', { run: 'setsid sleep 60 & echo $!' }));
      t.match(await agent.start('daemon'), { code: 0 });
      process.kill(Number((await agent.read('daemon', 'log', all)).toString()));
    });

    await t.test('a task that its runner does not survive is broken off', async (t) => {
      await using agent = await open();
      put(agent, taskOf('killed', { run: 'kill -9 0' }));
      t.match(await agent.start('killed'), { code: null });
    });

    await t.test('what was put and never began is no record, and keeps the one before it', async (t) => {
      await using agent = await open();
      put(agent, taskOf('twice', { run: 'true' }));
      await agent.start('twice');
      put(agent, taskOf('twice', { run: 'false' }));
      agent.make(['empty']);
      const records = await agent.records();
      t.match(
        records.find(({ task }) => task === 'twice'),
        { code: 0, stopped: false },
      );
      t.notOk(records.some(({ task }) => task === 'empty'));
      agent.forget(['twice', 'empty']);
      t.equal(await agent.settle(), 0);
      t.notOk((await agent.records()).some(({ task }) => task === 'twice'));
    });

    await t.test('a task that was told to end says so, and one that broke off leaves nothing of its own', async (t) => {
      await using agent = await open();
      const script = (task: TaskSettings): Buffer =>
        Buffer.from(
          startScript({
            ...{ task, action: 'echo began; sleep 100', arguments: [], environment: {}, files: {}, provision: '' },
            ...{ takes: { secret: 'S3cret' }, key: '{}' },
          }),
        );
      const [told, killed] = [taskOf('told'), taskOf('gone')];
      const ends = [agent.start('told', script(told)), agent.start('gone', script(killed))];
      for (const task of ['told', 'gone']) while ((await agent.size(task, 'log')) === 0);
      agent.stop('told', 'TERM');
      agent.stop('gone', 'KILL');
      t.match(await Promise.all(ends), [{ code: 143 }, { code: null }]);
      const records = await agent.records();
      t.match(
        records.find(({ task }) => task === 'told'),
        { code: 143, stopped: true },
      );
      t.match(
        records.find(({ task }) => task === 'gone'),
        { code: null, running: false },
      );
      for (const name of ['start', 'takes', 'action']) {
        for (const task of ['told', 'gone']) await t.rejects(stat(join(folder, task, name)), { code: 'ENOENT' });
      }
    });

    await t.test('no variable of a task is one of its runner', async (t) => {
      await using agent = await open();
      const names = ['dir', 'boot', 'zero', 'code', 'child', 'name', 'stopped', 'noted', 'up', 'rest'];
      put(agent, taskOf('names', { run: `echo ${names.map((name) => `$${name}`).join(' ')}`, user: 'nobody' }), {
        takes: Object.fromEntries(names.map((name) => [name, `/${name}`])),
        files: { VIRTBS_PEERS: 'peers' },
      });
      t.match(await agent.start('names'), { code: 0 });
      t.equal((await agent.read('names', 'log', all)).toString(), `${names.map((name) => `/${name}`).join(' ')}\n`);
    });

    await t.test('another user runs what it cannot read, and gives values', async (t) => {
      await using agent = await open();
      put(
        agent,
        taskOf('other', { run: 'id -un; cat "$VIRTBS_TAKES/word"; echo a=b >"$VIRTBS_GIVES"', user: 'nobody' }),
        {
          takes: { word: 'secret' },
        },
      );
      t.match(await agent.start('other'), { code: 0, hasValues: true });
      t.equal((await agent.read('other', 'log', all)).toString(), 'nobody\nsecret');
    });
  });
}

/** Whether this process may mount file systems in a namespace of its own. */
const canMount = await runProgram('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).then(
  () => true,
  () => false,
);

for (const shell of SHELLS) {
  const skip = canMount ? false : 'needs a mount of its own';
  t.test(`nothing is taken for done whose record cannot be written, with ${shell.join(' ')}`, { skip }, async (t) => {
    const folder = t.testdir({});
    const mounted = 'mount -t tmpfs -o size=64k tmpfs "$1" && shift && exec "$@"';
    await using agent = await openNodeAgent(
      (script, where) => ['unshare', '-m', 'sh', '-c', mounted, 'sh', folder, ...shell, '-c', script, 'agent', where],
      { node: 'here', folder, signal: new AbortController().signal },
    );
    const start = async (name: string, action: string): Promise<TaskEnd> => {
      const request = {
        task: taskOf(name),
        action,
        arguments: [],
        environment: {},
        files: {},
        takes: {},
        provision: '',
      };
      return await agent.start(name, Buffer.from(startScript({ ...request, key: '{}' })));
    };
    t.match(await start('before', 'true'), { code: 0, unrecorded: undefined });
    t.match(
      await start('fill', 'cat /dev/zero >"${0%/*}/filling"; true'),
      { code: 0 },
      'what it frees is enough for its record',
    );
    // The last page is taken by what makes no file.
    agent.put('fill', 'rest', Buffer.alloc(64 * 1024, 'x'));
    t.match(await start('next', `echo ran >>${folder}/before/ran`), { code: null, unrecorded: 'begin' });
    agent.mark('next', 1);
    t.ok((await agent.settle()) > 0, 'nor is what is said to be done');
    const names = (await agent.records()).map(({ task }) => task);
    t.strictSame(names.sort(), ['before', 'fill']);
    t.equal(await agent.size('before', 'ran'), 0, 'it did not run');
    agent.forget(['fill']);
    t.match(await start('next', 'true'), { code: 0 }, 'with room it runs');
    // A folder of that name is as good as a disk that cannot be written any more.
    t.match(await start('late', 'mkdir "${0%/*}/ended"'), { code: null, unrecorded: 'end' });
    t.match(
      (await agent.records()).find(({ task }) => task === 'late'),
      { code: null, running: false },
    );
  });
}

t.test('what the way to a node says when it fails is told', async (t) => {
  const open = openNodeAgent(() => ['sh', '-c', 'echo no such machine >&2; exit 255'], {
    node: 'controller-02',
    folder: '/nowhere',
    signal: new AbortController().signal,
  });
  await t.rejects(open, { code: 'vm-failed', message: 'controller-02: no such machine' });
});
