import { createServer } from 'node:net';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Finding } from '../../src/host/finding.js';
import { startScript } from '../bin/run-script.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

/** Milliseconds for a VM to do a small thing, on a machine that has much else to do. */
const LIMIT = 60_000;

/** An open network beside the two that are shipped, and a screen, so that more listens. */
const OPEN = [
  '-E',
  'network_flags.open={id: 3, isolation: false}',
  '-E',
  'machine_matrix.roles.plain.nets=[net, data, open]',
  '-E',
  'machine_matrix.roles.plain.graphics=vnc',
];

/** By what libvirt keeps networks apart in this lab. */
const BACKEND = env['VIRTBS_LAB_FIREWALL'] ?? 'iptables';

/** Who drops what they do not know of, how, and how that ends. */
const DROPS = [
  [
    'Docker',
    'iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -P FORWARD DROP',
    'iptables -P FORWARD ACCEPT; iptables -D FORWARD -j DOCKER-USER; iptables -F DOCKER-USER; iptables -X DOCKER-USER',
  ],
  [
    'a table of nftables',
    `nft add table inet office; nft add chain inet office way '{ type filter hook forward priority 0; policy drop; }'`,
    'nft delete table inet office',
  ],
] as const;

/** Slices 1 and 2 with a VM each, at once. */
async function withSlices(t: Test, work: (directory: string) => Promise<void>): Promise<void> {
  const directory = t.testdir();
  try {
    const built = await Promise.all(
      ['1', '2'].map((slice) => runVirtbs(directory, '-s', slice, ...OPEN, 'cycle', 'roles', 'plain:1')),
    );
    for (const { code, stderr } of built) t.equal(code, 0, stderr);
    if (built.every(({ code }) => code === 0)) await work(directory);
  } finally {
    for (const slice of ['1', '2']) {
      const { code, stderr } = await runVirtbs(directory, '-s', slice, 'wipe');
      t.equal(code, 0, stderr);
    }
  }
}

/** A service of the host on one of its addresses; its port. */
async function serve(t: Test, address: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).end('hello\n'));
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  t.teardown(() => void server.close());
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

interface Outside {
  readonly port: number;
  /** The addresses that its service was called from. */
  heard(): readonly string[];
  /** Calls an address by way of the host, and says a word if that is let in. */
  say(word: string, address: string, port: number): Promise<void>;
}

/** A machine beyond the host: it knows 203.0.113.0/24 and 2001:db8::/64 alone, where the host is number 1, and has a service. */
async function openOutside(t: Test): Promise<Outside> {
  const place = '/';
  const ip = async (line: string): Promise<void> => {
    const { code, stderr } = await run(place, ['ip', ...line.split(' ')]);
    if (code !== 0) throw new Error(`ip ${line}: ${stderr}`);
  };
  await ip('netns add outside');
  t.teardown(() => ip('netns del outside'));
  await ip('link add outside0 type veth peer name eth0 netns outside');
  // The kernel takes its time to remove the link with the other end.
  t.teardown(() => ip('link del outside0'));
  await ip('addr add 203.0.113.1/24 dev outside0');
  await ip('addr add 2001:db8::1/64 dev outside0 nodad');
  await ip('link set outside0 up');
  for (const line of ['addr add 203.0.113.2/24 dev eth0', 'addr add 2001:db8::2/64 dev eth0 nodad', 'link set eth0 up'])
    await ip(`-n outside ${line}`);
  const port = 7777;
  const service = `require('net').createServer((socket) => {
    console.log(socket.remoteAddress); socket.on('error', () => undefined).end('hello\\n');
  }).listen(${port}, '::', () => console.log('ready'))`;
  const script = startScript('ip', ['netns', 'exec', 'outside', process.execPath, '--eval', service]);
  let said = '';
  script.process.stdout?.on('data', (text: string) => (said += text));
  t.teardown(() => script.process.kill('SIGKILL'));
  await script.says('ready');
  return {
    port,
    heard: () =>
      said
        .split('\n')
        .slice(1, -1)
        .map((line) => line.replace('::ffff:', '')), // behind `ready`
    async say(word, address, to) {
      await run(place, ['ip', '-n', 'outside', 'route', 'replace', `${address}/32`, 'via', '203.0.113.1']);
      const call = `const socket = require('net').connect(${to}, '${address}', () => socket.end('${word}\\n')).on('error', () => undefined);
        setTimeout(() => process.exit(), 3000)`;
      await run(place, ['ip', 'netns', 'exec', 'outside', process.execPath, '--eval', call]);
    },
  };
}

async function sh(script: string): ReturnType<typeof run> {
  return await run('/', ['sh', '-c', script]);
}

async function listeners(directory: string): Promise<readonly string[]> {
  const { stdout } = await run(directory, ['ss', '-Hltnu']);
  return stdout.split('\n').flatMap((line) => /\S+\s+\S+\s+\S+\s+\S+\s+(\S+)/.exec(line)?.[1] ?? []);
}

async function firewall(directory: string): Promise<string> {
  const rules = await Promise.all(
    [['iptables-save'], ['ip6tables-save'], ['nft', 'list', 'ruleset']].map((command) => run(directory, command)),
  );
  return rules
    .map(({ stdout }) => stdout.replaceAll(/\[\d+:\d+\]|^#.*$|counter packets \d+ bytes \d+/gm, ''))
    .join('\n');
}

t.test('slices', { skip: noLab, timeout: 20 * LIMIT }, async (t) => {
  const place = t.testdir();
  const before = { listeners: await listeners(place) };

  await withSlices(t, async (directory) => {
    const login = async (slice: number, command: string) =>
      await run(directory, ['ssh', '-n', '-F', join(directory, `sshconf-bs${slice}`), 'plain', command]);
    const hears = async (slice: number) => (await login(slice, 'cat /tmp/heard 2>/dev/null; true')).stdout.split('\n');
    // Whoever sends a line to this port of VM 2 finds it in its file; busybox reads one connection after the other.
    const service = `setsid nc -ll -p 7777 -e sh -c 'head -n 1 >>/tmp/heard' >/dev/null 2>&1 &`;
    await login(2, service);
    await login(1, service);
    const say = async (slice: number, word: string, to: string) =>
      await login(slice, `echo ${word} | timeout 10 nc -w 3 ${to} 7777 2>&1`);
    const untilHeard = async (slice: number, word: string) => {
      const end = performance.now() + LIMIT;
      while (performance.now() < end) {
        if ((await hears(slice)).includes(word)) return true;
        await sleep(200);
      }
      return false;
    };

    await t.test('the listening VM hears its own slice', async (t) => {
      await say(2, 'self', '172.16.33.96');
      t.ok(await untilHeard(2, 'self'));
    });

    const attempts = [
      ['its network with NAT', '172.16.33.96', ''],
      ['its isolated network', '172.16.34.96', ''],
      ['its network with NAT, by IPv6', 'fd00:aaaa:0:2001::60', ''],
      ['its isolated network, by IPv6', 'fd00:aaaa:0:2002::60', ''],
      ['its network with NAT, from the isolated one', '172.16.33.96', 'via 172.16.18.1 dev eth1'],
      ['its isolated network, from the isolated one', '172.16.34.96', 'via 172.16.18.1 dev eth1'],
      ['its network with NAT, from the open one', '172.16.33.96', 'via 172.16.19.1 dev eth2'],
    ] as const;
    await t.test('no packet of another slice arrives', async (t) => {
      for (const [index, [what, address, route]] of attempts.entries()) {
        const word = `alien${index}`;
        const ping = address.includes(':') ? 'ping6' : 'ping';
        const send = `echo ${word} | timeout 10 nc -w 3 ${address} 7777; ${ping} -c 1 -W 1 ${address}`;
        const [add, remove] = ['replace', 'del'].map((verb) => `sudo ip route ${verb} ${address} ${route}`);
        const command = route === '' ? send : `${add}; ip route get ${address}; ${send}; ${remove}`;
        const { stdout } = await login(1, `${command}; true`);
        if (route !== '') t.match(stdout, route, `the packet to ${what} goes that way`);
        t.match(stdout, / 0 packets received/, `${what} does not answer`);
      }
      // What comes later was not before: all has arrived that ever will.
      await say(2, 'last', '172.16.33.96');
      t.ok(await untilHeard(2, 'last'));
      t.strictSame(
        (await hears(2)).filter((word) => word.startsWith('alien')),
        [],
      );
    });

    await t.test('nor one with an address of the other slice', async (t) => {
      await login(1, 'sudo ip addr add 172.16.33.97/32 dev lo');
      const { stdout } = await login(1, 'ping -c 1 -W 2 -I 172.16.33.97 172.16.33.96');
      t.match(stdout, / 0 packets received/);
      await login(1, 'sudo ip addr del 172.16.33.97/32 dev lo');
    });

    await t.test('the name server of another slice does not answer', async (t) => {
      const ask = async (address: string) => (await login(1, `timeout 4 nslookup plain-60 ${address}`)).stdout;
      t.match(await ask('172.16.17.1'), '172.16.17.96');
      t.notMatch(await ask('172.16.33.1'), '172.16.33.96');
    });

    await t.test('an open network is reached from other slices, also by IPv6', async (t) => {
      await say(1, 'open4', '172.16.35.96');
      t.ok(await untilHeard(2, 'open4'));
      await login(1, 'sudo ip -6 route add fd00:aaaa:0:2003::/64 via fd00:aaaa:0:1003::1 dev eth2');
      await login(2, 'sudo ip -6 route add fd00:aaaa:0:1003::/64 via fd00:aaaa:0:2003::1 dev eth2');
      await say(1, 'open6', 'fd00:aaaa:0:2003::60');
      t.ok(await untilHeard(2, 'open6'));
    });

    await t.test('NAT is a way out that nobody comes in by; an isolated network has none', async (t) => {
      const outside = await openOutside(t);
      const ask = async (slice: number, route: string, address: string) => {
        const [family, target] = address.includes(':') ? ['-6', `${address}/128`] : ['-4', `${address}/32`];
        const [add, remove] = ['replace', 'del'].map((verb) => `sudo ip ${family} route ${verb} ${target} ${route}`);
        const talk = `timeout 20 nc -w 5 ${address} ${outside.port}`;
        return (await login(slice, route === '' ? talk : `${add}; ip route get ${address}; ${talk}; ${remove}; true`))
          .stdout;
      };
      t.equal(await ask(1, '', '203.0.113.2'), 'hello');
      t.equal(await ask(1, '', '2001:db8::2'), 'hello');
      t.strictSame(outside.heard(), ['203.0.113.1', '2001:db8::1'], 'it comes with the address of the host');
      for (const [address, gateway] of [
        ['203.0.113.2', '172.16.18.1'],
        ['2001:db8::2', 'fd00:aaaa:0:1002::1'],
      ] as const) {
        const said = await ask(1, `via ${gateway} dev eth1`, address);
        t.match(said, 'dev eth1', `the packet to ${address} goes by the isolated network`);
        t.notMatch(said, 'hello');
      }
      t.equal(await ask(1, '', '203.0.113.2'), 'hello');
      t.equal(outside.heard().length, 3, 'nothing of the isolated network has arrived');
      await outside.say('from-outside', '172.16.33.96', 7777);
      await say(2, 'after', '172.16.33.96');
      t.ok(await untilHeard(2, 'after'));
      t.notOk((await hears(2)).includes('from-outside'));
    });

    await t.test(`where others drop, what the check says is so, and its cure lets no slice into another`, async (t) => {
      await openOutside(t);
      const getsOut = async () => / 1 packets received/.test((await login(1, 'ping -c 1 -W 4 203.0.113.2')).stdout);
      const check = async () => {
        const { stdout } = await runVirtbs(directory, 'host', 'check', '--json');
        const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
        return findings.filter((finding) => finding.check === 'firewall');
      };
      t.match(await check(), [{ level: 'ok', message: `libvirt uses ${BACKEND}` }]);
      for (const [who, drop, undo] of DROPS) {
        t.teardown(() => sh(undo));
        t.match(await sh(drop), { code: 0 });
        const [finding] = await check();
        const passes = await getsOut();
        t.equal(finding?.level, passes ? 'ok' : 'fail', `${who}: ${finding?.message}`);
        t.equal(passes, who === 'Docker' && BACKEND === 'iptables', `${who} drops`);
        if (finding?.level === 'fail') t.match(await sh((finding.cure ?? '').replaceAll('sudo ', '')), { code: 0 });
        t.match(await check(), [{ level: 'ok' }]);
        t.ok(await getsOut(), `${who}: after the cure`);
        await say(1, `${who} past`, '172.16.33.96');
        await say(2, `${who} own`, '172.16.33.96');
        t.ok(await untilHeard(2, `${who} own`));
        t.notOk((await hears(2)).includes(`${who} past`), `${who}: slices are apart`);
      }
    });

    await t.test('of the host a guest reaches what listens on all addresses, and nothing of loopback', async (t) => {
      const ports = await Promise.all(['0.0.0.0', '127.0.0.1'].map((address) => serve(t, address)));
      const hear = async (address: string, port = 0) =>
        (await login(1, `timeout 10 nc -w 3 ${address} ${port}`)).stdout;
      for (const address of ['172.16.17.1', '172.16.18.1', '172.16.33.1']) {
        t.equal(await hear(address, ports[0]), 'hello', address);
        t.equal(await hear(address, ports[1]), '', address);
      }
    });

    await t.test('nothing listens but on loopback and the bridges of slices', async (t) => {
      const bridges =
        /^(?:172\.16\.(?:1[789]|3[345])\.1|\[fd00:aaaa:0:[12]00[123]::1\]|(?:\S+)%bs[12]-(?:net|data|open)):/;
      const added = (await listeners(directory)).filter((address) => !before.listeners.includes(address));
      t.ok(
        added.some((address) => address.startsWith('127.0.0.1:59')),
        'the screens are there',
      );
      t.strictSame(
        added.filter((address) => !bridges.test(address) && !/^(?:127\.|\[::1\])/.test(address)),
        [],
      );
    });
  });

  await t.test('wipe leaves no listener and no rule', async (t) => {
    t.strictSame(await listeners(place), before.listeners);
    t.notMatch(await firewall(place), /bs[12]-|172\.16\./);
  });
});
