import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh, withSlice } from './standing-slice.js';

const skip = noLab;
/** Milliseconds after which a terminal on which nothing goes on is taken away. */
const TERMINAL_LIMIT = 40_000;
const CONSOLE_LOG = '/srv/virtbs/slices/1/logs/plain-60.console.log';

/**
 * Runs virtbs on a terminal, types each text when the words before it have been seen, and takes all that is shown.
 * A text is typed again each second until the next words are seen: what is typed while a program turns its terminal
 * raw is dropped.
 */
async function onTerminal(
  directory: string,
  args: readonly string[],
  typing: readonly (readonly [seen: RegExp, typed: string])[],
): Promise<{ readonly code: number; readonly screen: string }> {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const command = [process.execPath, virtbs, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 120 rows 40; exec ${command}`, '/dev/null'], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TERMINAL_LIMIT,
  });
  let again: NodeJS.Timeout | undefined;
  const ended = once(child, 'exit') as Promise<[number]>;
  let screen = '';
  let from = 0;
  const left = [...typing];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const [next] = left;
    const seen = next?.[0].exec(screen.slice(from));
    if (!next || !seen) return;
    from += seen.index + seen[0].length;
    left.shift();
    clearInterval(again);
    child.stdin.write(next[1]);
    if (left.length > 0) again = setInterval(() => child.stdin.write(next[1]), 1000);
  });
  const [code] = await ended;
  clearInterval(again);
  return { code, screen };
}

t.test('VMs are waited for and looked at, from outside and inside', { skip }, async (t) => {
  await withSlice(t, ['plain:2', 'pxe:1', '--no-wait'], async (directory) => {
    const waited = await runVirtbs(directory, 'wait', 'plain');
    t.match(waited, { code: 0, stdout: 'plain-60 is ready\nplain-61 is ready' }, waited.stderr);
    await runVirtbs(directory, 'stop', '--force', 'plain.2');

    const { stdout } = await runVirtbs(directory, 'status', '--json');
    t.match(JSON.parse(stdout), {
      version: 1,
      slice: 1,
      vms: [
        {
          hostname: 'plain-60',
          power: 'running',
          ssh: 'ready',
          cloudInit: 'none',
          uptimeSeconds: Number,
          reason: null,
        },
        { hostname: 'plain-61', power: 'off', ssh: 'none', cloudInit: null, uptimeSeconds: null },
        { hostname: 'pxe-c0', power: 'running', ssh: 'none' },
      ],
    });
    t.match(
      (await runVirtbs(directory, 'status')).stdout,
      /^plain-60 +plain +running +172\.16\.17\.96 +ready +none +\d/m,
    );
    await ssh(directory, 'plain-60', 'sudo mv /home/stack/.ssh/authorized_keys /tmp/');
    const locked = JSON.parse((await runVirtbs(directory, 'status', 'plain-60', '--json')).stdout) as unknown;
    t.match(locked, { vms: [{ ssh: 'refused', reason: /Permission denied/, cloudInit: null }] });

    const failed = await runVirtbs(directory, 'wait', 'plain-61', 'pxe');
    t.match(failed, {
      code: 1,
      stderr: /1 of 2 VMs do not run: plain-61 is off\nhint: virtbs -s 1 start plain-61/,
    });

    t.match((await runVirtbs(directory, 'graph')).stdout, /^<svg .*[^]*plain · 128 MiB · 1 vcpu · off[^]*<\/svg>$/);
    t.match((await runVirtbs(directory, 'graph', '--format', 'mermaid')).stdout, /^flowchart LR\n/);
    const list = JSON.parse((await runVirtbs(directory, 'ls', '--json')).stdout) as {
      host: { availableMemoryBytes: number; memoryBytes: number };
      slices: {
        vms: { hostname: string; residentBytes: number; diskBytes: number; session: string; image: string }[];
      }[];
    };
    t.ok(list.host.availableMemoryBytes > 0 && list.host.availableMemoryBytes < list.host.memoryBytes);
    const [running, off] = list.slices[0]?.vms ?? [];
    t.ok(running && running.residentBytes > 32 * 1024 ** 2, 'the emulator holds memory');
    t.ok(running && running.diskBytes > 0);
    t.match(off, { hostname: 'plain-61', residentBytes: 0, session: /@/, image: /^mini\// });
    t.match((await runVirtbs(directory, 'ls')).stdout, /^memory +640 MiB +/m);
  });
});

t.test('ssh runs what it is given and ends with its exit code', { skip }, async (t) => {
  await withSlice(t, ['plain:1'], async (directory) => {
    t.match(await runVirtbs(directory, 'ssh', 'plain.1', '--', 'hostname; exit 7'), { code: 7, stdout: 'plain-60' });
    t.match(await runVirtbs(directory, 'ssh', 'plain', '--', 'ls', '-d', '/home/stack'), { stdout: '/home/stack' });
    const elsewhere = await runVirtbs('/', 'ssh', 'bs1-plain-60', '--', 'id -un');
    t.match(elsewhere, { code: 0, stdout: 'stack' }, 'its files are found from any folder');
    t.match(await runVirtbs(directory, 'ssh', 'plian'), { code: 2, stderr: /"plian", did you mean "plain"\?/ });
    t.match(await runVirtbs(directory, '-s', '2', 'ssh', 'plain'), {
      code: 1,
      stderr: /slice 2 has no VMs to log in to/,
    });
    const { code, screen } = await onTerminal(directory, ['ssh', 'plain'], [[/\$ /, 'tty && exit 5\r']]);
    t.match({ code, screen }, { code: 5, screen: /\/dev\/pts\/\d/ }, 'a login has a terminal');
    const terminal = await onTerminal(directory, ['ssh', 'plain', '--', 'tty'], []);
    t.match(terminal, { code: 0, screen: /^\/dev\/pts\/\d+\s+$/ }, 'and so has a command, on a terminal');
  });
});

t.test('a command runs on all VMs at once, and the worst exit code counts', { skip }, async (t) => {
  await withSlice(t, ['plain:2', 'controller:1'], async (directory) => {
    const all = await runVirtbs(directory, 'run', '--', 'hostname', '-s');
    t.equal(all.code, 0, all.stderr);
    t.strictSame(all.stdout.split('\n').sort(), [
      'controller-02 | controller-02',
      'plain-60      | plain-60',
      'plain-61      | plain-61',
    ]);
    const some = await runVirtbs(
      directory,
      'run',
      '-r',
      'plain',
      '--',
      'echo out; echo err >&2; [ $(hostname) = plain-60 ] || exit 3',
    );
    t.match(some, { code: 3, stdout: /^plain-6\d \| out\nplain-6\d \| out$/, stderr: /plain-61: exit code 3/ });
    t.match(some.stderr, /^plain-60 \| err$/m);
    const json = await runVirtbs(
      directory,
      'run',
      '--json',
      '-r',
      'plain-60',
      '-r',
      'controller',
      '--',
      'echo a; echo b >&2',
    );
    t.match(JSON.parse(json.stdout), {
      version: 1,
      vms: [
        { hostname: 'plain-60', exitCode: 0, stdout: 'a\n', stderr: 'b\n' },
        { hostname: 'controller-02', exitCode: 0, stdout: 'a\n', stderr: 'b\n' },
      ],
    });
    await runVirtbs(directory, 'stop', '--force', 'plain.2');
    const dead = await runVirtbs(directory, 'run', '-r', 'plain', '--', 'true');
    t.match(dead, { code: 255, stderr: /plain-61 \| ssh: connect to host .*[^]*plain-61: exit code 255/ });
    t.match(await runVirtbs(directory, 'run', '-r', 'wroker', '--', 'true'), { code: 2, stderr: /"wroker"/ });
  });
});

t.test('a log is shown, its end, and what is written to it later', { skip }, async (t) => {
  await withSlice(t, ['plain:1'], async (directory) => {
    const whole = await runVirtbs(directory, 'log', 'plain');
    t.match(whole, { code: 0, stdout: /init[^]*mini\[[0-9.]+\] ready/ });
    // A guest that is off writes nothing more.
    await runVirtbs(directory, 'stop', '--force');
    await appendFile(CONSOLE_LOG, 'one\ntwo\nthree\n');
    t.match(await runVirtbs(directory, 'log', '-n', '2', 'plain-60'), { code: 0, stdout: 'two\nthree' });
    const { code, screen } = await onTerminal(directory, ['log', '-f', '-n1', 'plain'], [[/three/, '\x03']]);
    t.match({ code, screen }, { code: 0, screen: /^three\s+(\^C)?$/ }, 'Ctrl-C is its end');
    t.match(await runVirtbs(directory, 'log', 'plain-61'), { code: 2, stderr: /did you mean "plain-60"/ });
  });
});

t.test('a log that is followed goes on', { skip }, async (t) => {
  await withSlice(t, ['plain:1'], async (directory) => {
    const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
    const child = spawn(process.execPath, [virtbs, 'log', '-f', '-n', '0', 'plain'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    // Again and again: the first words may come before the log is followed.
    const words = 'while echo from the guest >/dev/console; do sleep 1; done';
    await ssh(directory, 'plain', `sudo setsid sh -c '${words}' </dev/null >/dev/null 2>&1 &`);
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('from the guest')) child.kill('SIGINT');
    }
    t.strictSame(await ended, [0, null]);
  });
});

t.test('the console is a terminal of the guest, left with Ctrl-]', { skip }, async (t) => {
  await withSlice(t, ['plain:1'], async (directory) => {
    const typing = [
      [/Escape character is/, '\r'],
      [/# /, 'echo $((6 * 7)) on $(tty)\r'],
      [/42 on \/dev\/ttyS0/, '\x1d'],
    ] as const;
    const { code, screen } = await onTerminal(directory, ['console', 'plain'], typing);
    t.match({ code, screen }, { code: 0, screen: /42 on \/dev\/ttyS0/ });
  });
});

t.test('top shows what VMs do now, once for programs and on and on for people', { skip }, async (t) => {
  await withSlice(t, ['plain:2'], async (directory) => {
    await runVirtbs(directory, 'stop', '--force', 'plain.2');
    await ssh(directory, 'plain-60', 'setsid sh -c "while :; do :; done" </dev/null >/dev/null 2>&1 &');
    const sample = await runVirtbs(directory, '-s', '1', 'top', '--once', '--json', '--interval', '1', 'plain');
    t.equal(sample.code, 0, sample.stderr);
    const { vms } = JSON.parse(sample.stdout) as { vms: { cpuPercent: number; residentBytes: number }[] };
    const [busy, off] = vms;
    // Other work on the machine may leave it little.
    t.ok(busy && busy.cpuPercent > 2, `a busy guest: ${busy?.cpuPercent} %`);
    t.ok(busy && busy.residentBytes > 32 * 1024 ** 2);
    t.match(off, { hostname: 'plain-61', power: 'off', cpuPercent: 0, residentBytes: 0 });
    const text = await runVirtbs(directory, 'top', '--once', '--interval', '300ms');
    t.match(text.stdout, /of \d+ % CPU[^]*SLICE +VM[^]*\n1 +plain-60 +running +\d+\.\d [^]*\n1 +plain-61 +off +- /);
    t.match(await runVirtbs(directory, 'top', 'plain'), { code: 2, stderr: /without their slice/ });
    const { code } = await onTerminal(directory, ['top', '--interval', '300ms'], [[/plain-60[^]*plain-60/, '\x03']]);
    t.equal(code, 0);
  });
});
