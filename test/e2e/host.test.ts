import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import t from 'tap';
import { liveNames } from '../../src/cli/complete/live-names.js';
import type { Finding } from '../../src/host/finding.js';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

if (noLab === false) testHost();
else t.pass('the host', { skip: noLab });

function testHost(): void {
  t.test('a prepared host has no failure, and every check says something', async (t) => {
    await runVirtbs('/', 'host', 'prepare', '--yes');
    const { code, findings } = await check();
    t.equal(code, 0);
    const checks = new Set(findings.map((finding) => finding.check));
    for (const name of [
      'daemon',
      'groups',
      'kvm',
      'storage',
      'security',
      'dnsmasq',
      'firewall',
      'routes',
      'resources',
    ]) {
      t.ok(checks.has(name), name);
    }
    t.match(find(findings, 'daemon'), [{ level: 'ok', message: /^libvirt \d+\.\d+\.\d+, / }]);
    for (const { level, cure } of findings) t.equal(cure === null, level === 'ok');
  });

  t.test('what Docker drops under nftables is a failure, and the cure cures it', async (t) => {
    const settings = '/etc/libvirt/network.conf'; // the lab's own
    const before = await readFile(settings).catch(() => null); // libvirt 10.4 brings it
    await writeFile(settings, 'firewall_backend = "nftables"\n');
    t.teardown(() => (before === null ? rm(settings) : writeFile(settings, before)));
    t.teardown(() => sh(`iptables -F; iptables -X DOCKER-USER; iptables -P FORWARD ACCEPT`));
    await sh('iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -P FORWARD DROP');
    await expectCure(t, 'firewall', /^Docker drops/);
  });

  t.test('a chain of nftables that drops is a failure, and the cure cures it', async (t) => {
    t.teardown(() => sh('nft delete table inet office'));
    await sh(
      `nft add table inet office; nft add chain inet office way '{ type filter hook forward priority 0; policy drop; }'`,
    );
    await expectCure(t, 'firewall', /chain inet office way drops/);
  });

  t.test('a network in the way of the slice is a failure, and of others a warning', async (t) => {
    t.teardown(() => sh('ip link del office0'));
    await sh('ip link add office0 type bridge; ip addr add 172.16.40.1/20 dev office0; ip link set office0 up');
    t.match(find((await check()).findings, 'routes'), [
      { level: 'warn', message: /office0 is in the way of slice 2$/ },
    ]);
    const { code, findings } = await check('-s', '2');
    t.equal(code, 1);
    t.match(find(findings, 'routes'), [{ level: 'fail' }]);
  });

  t.test('a name server that keeps port 53 of all addresses for itself is a failure', async (t) => {
    const server = createSocket({ type: 'udp4' }).bind(53, '0.0.0.0');
    t.teardown(() => server.close());
    await once(server, 'listening');
    t.match(find((await check()).findings, 'dnsmasq'), [
      { level: 'fail', message: /^node \(pid \d+\) holds udp 0\.0\.0\.0:53/ },
    ]);
  });

  t.test('a host is prepared after it was agreed to, once', async (t) => {
    const root = `${t.testdir()}/new root`;
    const prepare = (...args: readonly string[]) => runVirtbs('/', '--root', root, 'host', 'prepare', ...args);
    const dry = await prepare('--dry-run');
    t.match(dry, { code: 0, stdout: /^dry run: nothing was changed\nmake .*\n +install -d/ });
    t.match(await prepare(), { code: 2, stderr: /no terminal to ask on/ });
    t.equal((await sh(`ls -d "${root}"`)).code, 2, 'nothing was made');
    t.match(await prepare('--yes'), { code: 0, stdout: /^done: make [^]*^done: make the key/m });
    t.match((await sh(`stat -c %a "${root}" "${root}/images" "${root}/keys/bs1/id_ed25519"`)).stdout, /^755\n755\n600/);
    t.match(await prepare('--yes'), { code: 0, stdout: 'nothing to do', stderr: '' });
    for (const use of [
      ['with', '--', 'true'],
      ['image', 'gc'],
    ]) {
      t.match(await runVirtbs(t.testdirName, '--root', root, ...use), { code: 0 }, use.join(' '));
    }
    t.match(await prepare('--yes'), { code: 0, stdout: 'nothing to do' }, 'the locks of commands are no folders');
    await sh(`chmod o-x "${root}"`);
    t.match(await prepare('--yes'), { code: 0, stdout: /^done: make [^\n]*$/ });
  });

  t.test('a plan that is too large is refused before the old slice is touched', async (t) => {
    const cwd = t.testdir();
    t.teardown(() => runVirtbs(cwd, 'wipe'));
    const cycle = (...args: readonly string[]) => runVirtbs(cwd, ...args, 'cycle', 'roles', 'plain:1', '--no-wait');
    t.equal((await cycle()).code, 0);
    const { stdout: before } = await sh('virsh list --uuid --id');
    for (const [setting, message] of [
      ['capacity.reserve_memory=9999GiB', /MiB of memory/],
      ['capacity.vcpu_overcommit=0.01', /vcpus/],
      ['capacity.reserve_disk=9999GiB', /disk space/],
    ] as const) {
      t.match(await cycle('-E', setting), { code: 1, stderr: message });
    }
    t.equal((await sh('virsh list --uuid --id')).stdout, before, 'the same VM, still running');
    const room = `capacity.vcpu_overcommit=${1 / cpus().length}`;
    t.equal((await cycle('-E', room)).code, 0, "the old VM is in nobody's way, where there is room for one");
  });

  t.test('completion knows the VMs and roles of the slice as they are', async (t) => {
    const cwd = t.testdir();
    t.equal((await runVirtbs(cwd, '-s', '3', 'cycle', 'roles', 'plain:2', '--no-wait')).code, 0);
    const context = {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      cwd,
      env: {},
      signal: new AbortController().signal,
      packageDirectory: await packageDirectory(),
      started: 0,
      expectInterrupt: () => undefined,
      leaveInterrupts: () => undefined,
      endWithReader: () => Promise.resolve(),
      endWithParent: () => Promise.resolve(),
    };
    const names = async (value: string, slice: string) => {
      const given = new Map([['slice', [slice]]]);
      return (await liveNames(value, { words: [], value, prefix: '', typed: '', given }, context)).map(
        ({ word }) => word,
      );
    };
    t.strictSame(await names('vms', '3'), ['plain-60', 'plain-61', 'plain']);
    t.strictSame(await names('vm', '3'), ['plain-60', 'plain-61']);
    t.strictSame(await names('role', '2'), []);
    t.strictSame(await names('tags', '3'), ['default']);
    const { stdout } = await runVirtbs(cwd, '__complete', '--', '--slice', '');
    t.match(stdout, /^3\tplain-60, plain-61/m);
    t.equal((await runVirtbs(cwd, '-s', '3', 'wipe')).code, 0);
  });

  // Where there are none, as on Debian, the one daemon stands behind their sockets, which is all that a client sees of them.
  t.test('at the sockets of modular daemons VMs are made as ever', async (t) => {
    const cwd = t.testdir();
    const [one, ...others] = ['virtqemud', 'virtnetworkd', 'virtstoraged'].map((name) => `/run/libvirt/${name}-sock`);
    const modular = (await sh(`test -e ${one}`)).code === 0;
    if (!modular) {
      await sh(`mv /run/libvirt/libvirt-sock ${one}; for sock in ${others.join(' ')}; do ln -s ${one} $sock; done`);
      t.teardown(() => sh(`rm ${others.join(' ')}; mv ${one} /run/libvirt/libvirt-sock`));
    }
    const found = find((await check()).findings, 'daemon');
    t.match(found, [{ level: 'ok', message: /^libvirt \d+\.\d+\.\d+, modular daemons, at qemu:\/\/\/system$/ }]);
    const cycle = await runVirtbs(cwd, '-s', '4', 'cycle', 'roles', 'plain:1', '--no-wait');
    t.match(cycle, { code: 0 }, cycle.stderr);
    const virsh = 'virsh -q -c qemu:///system';
    const { stdout } = await sh(`${virsh} list --name; ${virsh} net-list --name`);
    t.match(stdout, /^bs4-plain-60$/m);
    t.match(stdout, /^ *bs4-net/m);
    t.match(await runVirtbs(cwd, '-s', '4', 'wipe'), { code: 0 });
  });
}

async function check(...args: readonly string[]): Promise<{ code: number; findings: readonly Finding[] }> {
  const { code, stdout } = await runVirtbs('/', ...args, 'host', 'check', '--json');
  return { code, findings: (JSON.parse(stdout) as { findings: Finding[] }).findings };
}

function find(findings: readonly Finding[], name: string): readonly Finding[] {
  return findings.filter((finding) => finding.check === name);
}

/** The check fails with that message, and no longer so after its cure, typed as it stands. */
async function expectCure(
  t: { match: (found: unknown, wanted: unknown) => unknown },
  name: string,
  message: RegExp,
): Promise<void> {
  const before = await check();
  const found = find(before.findings, name);
  t.match({ code: before.code, found }, { code: 1, found: [{ level: 'fail', message }] });
  t.match(await sh((found[0]?.cure ?? 'false').replaceAll('sudo ', '')), { code: 0 });
  t.match(find((await check()).findings, name), [{ level: 'ok' }]);
}

function sh(script: string): ReturnType<typeof run> {
  return run('/', ['sh', '-c', script]);
}
