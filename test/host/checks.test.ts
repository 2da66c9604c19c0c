import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { checkDaemon } from '../../src/host/check-daemon.js';
import { checkDnsmasq } from '../../src/host/check-dnsmasq.js';
import { checkFirewall } from '../../src/host/check-firewall.js';
import { checkGroups } from '../../src/host/check-groups.js';
import { checkKvm } from '../../src/host/check-kvm.js';
import { checkMemory } from '../../src/host/check-memory.js';
import { checkPrograms } from '../../src/host/check-programs.js';
import { checkResources } from '../../src/host/check-resources.js';
import { checkRoutes } from '../../src/host/check-routes.js';
import { checkSecurity } from '../../src/host/check-security.js';
import { checkShares } from '../../src/host/check-shares.js';
import { checkNames } from '../../src/host/check-names.js';
import { checkSshd } from '../../src/host/check-sshd.js';
import { checkStorage } from '../../src/host/check-storage.js';
import { chooseDaemons } from '../../src/host/choose-daemons.js';
import { openHost } from '../../src/host/host.js';
import { parseCapabilities, type LibvirtFacts } from '../../src/host/libvirt-facts.js';
import { writeMappedRecord } from '../../src/host/mapped-record.js';
import { addRule, hasRule, memoryRule, RULES_PATH } from '../../src/host/memory-rule.js';
import { tryKvm } from '../../src/host/try-kvm.js';
import { describedHost as host } from './described-host.js';

const LIBVIRT: LibvirtFacts = {
  type: 'QEMU',
  version: '9.0.0',
  emulatorUser: { uid: 64_055, gid: 108 },
  securityModels: ['apparmor'],
  offersKvm: true,
};
const GIB = 1024 ** 3;

t.test('KVM is tried, and without it VMs are emulated, which is worth a warning', async (t) => {
  const intel = { '/proc/cpuinfo': 'flags\t\t: fpu vme vmx sse2\n', '/dev/kvm': '' };
  const works = async (): Promise<string> => 'works';
  t.match(await checkKvm(host({ files: intel }), works), [{ level: 'ok', message: 'works' }]);
  const nested = { ...intel, '/sys/module/kvm_intel/parameters/nested': 'N\n' };
  t.match(await checkKvm(host({ files: nested }), works), [
    { level: 'ok' },
    { level: 'warn', cure: /^echo 'options kvm_intel nested=1' \| sudo tee .*modprobe -r kvm_intel/ },
  ]);
  t.match(await checkKvm(host({ files: intel }), async () => 'failed to initialize kvm: No such device'), [
    { level: 'fail', message: /No such device/ },
  ]);
  const hidden = { '/proc/cpuinfo': 'flags\t\t: fpu hypervisor sse2\n', '/dev/kvm': '' };
  t.match(await checkKvm(host({ files: hidden }), works), [
    { level: 'warn', message: /^\/dev\/kvm is there, but the processor shows neither/, cure: /nested virtualization/ },
  ]);
  const unloaded = { '/proc/cpuinfo': 'flags\t\t: fpu svm\n' };
  t.match(await checkKvm(host({ files: unloaded }), works), [{ level: 'warn', cure: /^sudo modprobe kvm_amd/ }]);
});

t.test('the guest that KVM is tried with runs, and one that cannot run says why', async (t) => {
  const real = openHost(new AbortController().signal);
  if ((await real.find('qemu-system-x86_64')) === null) {
    t.pass('the guest', { skip: 'needs qemu' });
    return;
  }
  t.equal(await tryKvm(real, 'tcg'), 'works');
  t.match(await tryKvm(real, 'nosuch'), /nosuch/);
  t.equal(await tryKvm(host({})), 'not tried', 'without qemu');
});

t.test('the group libvirt is needed where the daemon lets nobody else in', async (t) => {
  const etc = (members: string): { files: Record<string, string> } => ({
    files: { '/etc/group': `root:x:0:\nlibvirt:x:110:${members}\n` },
  });
  t.match(await checkGroups(host({ ...etc(''), user: { uid: 0, name: 'root', groups: [0] } }), false), [
    { level: 'ok' },
  ]);
  t.match(await checkGroups(host(etc('bob')), false), [{ level: 'fail', cure: /^sudo usermod -aG libvirt ada/ }]);
  t.match(await checkGroups(host(etc('bob,ada')), false), [{ level: 'fail', message: /not yet in this session/ }]);
  const member = { uid: 1000, name: 'ada', groups: [1000, 110] };
  t.match(await checkGroups(host({ ...etc('ada'), user: member }), false), [{ level: 'ok' }]);
  t.match(await checkGroups(host(etc('')), true), [{ level: 'ok', message: /lets ada in/ }]);
});

t.test('the daemon must answer, be new enough, and come back with the machine', async (t) => {
  const uri = 'qemu:///system';
  t.match(await checkDaemon(host({}), uri, new VirtbsError('libvirt-unreachable', 'no', { hint: 'start it' })), [
    { level: 'fail', message: 'no', cure: 'start it' },
  ]);
  t.match(await checkDaemon(host({}), uri, { ...LIBVIRT, version: '7.10.0' }), [
    { level: 'fail', message: /7\.10\.0/ },
  ]);
  t.match(await checkDaemon(host({}), 'test:///default', { ...LIBVIRT, type: 'TEST' }), [{ level: 'fail' }]);
  const fedora = {
    // The last one is virtproxyd's, for clients that know the one daemon alone.
    files: { '/run/libvirt/virtqemud-sock': '', '/run/libvirt/virtnetworkd-sock': '', '/run/libvirt/libvirt-sock': '' },
    folders: { '/run/systemd/system': 'root 755' },
    answers: {
      'systemctl is-enabled virtqemud.socket': 'enabled\n',
      'systemctl is-enabled virtnetworkd.socket': [1, 'disabled'] as const,
    },
  };
  t.match(await checkDaemon(host(fedora), uri, LIBVIRT), [
    { level: 'ok', message: /modular daemons/ },
    { level: 'warn', cure: 'sudo systemctl enable virtnetworkd.socket virtnetworkd.service' },
  ]);
});

t.test('the daemons that are enabled are meant, where both kinds are installed', async (t) => {
  const units = (...lines: readonly string[]) =>
    host({ answers: Object.fromEntries(lines.map((line) => [`systemctl ${line}`, ''])) });
  t.equal(await chooseDaemons(host({})), null);
  t.equal(await chooseDaemons(units('cat libvirtd.service')), 'one daemon', 'Debian');
  t.equal(await chooseDaemons(units('cat virtqemud.socket')), 'modular daemons');
  const both = ['cat virtqemud.socket', 'cat libvirtd.service'];
  t.equal(await chooseDaemons(units(...both)), 'one daemon');
  t.equal(await chooseDaemons(units(...both, 'is-enabled virtqemud.socket')), 'modular daemons', 'Fedora');
});

t.test('the root is ours to write, and the emulators may pass through to it', async (t) => {
  const root = '/home/ada/vms';
  const folders = { '/': 'root 755', '/home': 'root 755', '/home/ada': '1000 700', [root]: '1000 755' };
  const options = { root, libvirt: LIBVIRT };
  t.match(await checkStorage(host({}), options), [{ level: 'fail', cure: `sudo install -d -o ada ${root}` }]);
  t.match(await checkStorage(host({ folders }), options), [
    { level: 'fail', message: /^\/home\/ada cannot be searched by the user 64055/, cure: 'sudo chmod o+x /home/ada' },
  ]);
  const acl = 'getfacl --numeric --omit-header --absolute-names /home/ada';
  const list = { [acl]: 'user::rwx\nuser:64055:--x\ngroup::---\nmask::--x\nother::---\n' };
  t.match(await checkStorage(host({ folders, answers: list }), options), [{ level: 'ok' }]);
  t.match(await checkStorage(host({}), { root: "/srv/ada's vms", libvirt: null }), [
    { level: 'fail', cure: String.raw`sudo install -d -o ada '/srv/ada'\''s vms'` },
  ]);
  t.match(await checkStorage(host({ folders, unwritable: [root] }), { root, libvirt: null }), [
    { level: 'fail', cure: `sudo chown ada: ${root}` },
  ]);
});

t.test('under SELinux the root has the label of disk images', async (t) => {
  const folders = { '/srv/virtbs': '1000 755' };
  const files = { '/sys/fs/selinux/enforce': '1' };
  const labelled = (label: string) => ({ folders, files, answers: { 'stat --format %C /srv/virtbs': `${label}\n` } });
  const options = { root: '/srv/virtbs', libvirt: null };
  t.match(await checkStorage(host(labelled('unconfined_u:object_r:var_t:s0')), options), [
    { level: 'ok' },
    {
      level: 'warn',
      cure: "sudo semanage fcontext -a -t virt_image_t '/srv/virtbs(/.*)?' && sudo restorecon -R /srv/virtbs",
    },
  ]);
  t.match(await checkStorage(host(labelled('system_u:object_r:virt_image_t:s0')), options), [
    { level: 'ok' },
    { level: 'ok', message: /virt_image_t/ },
  ]);
});

t.test('AppArmor gives VMs nothing from the folders of the system', async (t) => {
  const files = { '/sys/module/apparmor/parameters/enabled': 'Y\n' };
  const check = (root: string) => checkSecurity(host({ files }), { root, libvirt: LIBVIRT });
  t.match(await check('/srv/virtbs'), [{ level: 'ok', message: 'AppArmor, and libvirt uses it' }]);
  t.match(await check('/usr/local/virtbs'), [{ level: 'fail', cure: /--root/ }]);
});

t.test('libvirt says which user its emulators are', (t) => {
  const xml = `<capabilities><host>
    <secmodel><model>apparmor</model><doi>0</doi></secmodel>
    <secmodel><model>dac</model><doi>0</doi><baselabel type='kvm'>+64055:+108</baselabel><baselabel type='qemu'>+64055:+108</baselabel></secmodel>
    </host><guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/><domain type='kvm'/></arch></guest></capabilities>`;
  const { type: _type, version: _version, ...facts } = LIBVIRT;
  t.strictSame(parseCapabilities(xml), facts);
  t.match(parseCapabilities('<capabilities><host/></capabilities>'), { emulatorUser: null, offersKvm: false });
  t.end();
});

const DOCKER = `-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-ISOLATION-STAGE-1
-N DOCKER-USER
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER-USER -j RETURN
`;

t.test('what Docker or ufw drop is dropped, unless libvirt puts its rules before theirs', async (t) => {
  const check = (rules: string, version: string, input = '-P INPUT ACCEPT\n') =>
    checkFirewall(
      host({
        answers: { 'iptables -S': rules, 'iptables -S INPUT': input, 'nft -j list ruleset': '{"nftables": []}' },
      }),
      { libvirt: { ...LIBVIRT, version } },
    );
  t.match(await check(DOCKER, '9.0.0'), [{ level: 'ok', message: /iptables/ }], 'its rules come first');
  t.match(await check(DOCKER, '11.3.0'), [
    {
      level: 'fail',
      message: /^Docker drops/,
      cure: 'sudo iptables -I DOCKER-USER -i bs+ -j ACCEPT && sudo iptables -I DOCKER-USER -o bs+ -j ACCEPT',
    },
  ]);
  const cured = DOCKER.replace(
    '-A DOCKER-USER -j RETURN',
    '-A DOCKER-USER -o bs+ -j ACCEPT\n-A DOCKER-USER -i bs+ -j ACCEPT\n-A DOCKER-USER -j RETURN',
  );
  t.match(await check(cured, '11.3.0'), [{ level: 'ok' }]);
  const ufw = '-P INPUT DROP\n-P FORWARD DROP\n-N ufw-before-forward\n-A FORWARD -j ufw-before-forward\n';
  t.match(await check(ufw, '11.3.0', '-P INPUT DROP\n-A INPUT -j ufw-before-input\n'), [
    { level: 'fail', message: /^ufw drops/ },
    { level: 'warn', message: /DHCP and DNS/ },
  ]);
});

t.test("nothing may let slices through before libvirt's chains, where these keep them apart", async (t) => {
  const check = async (...rules: readonly string[]) => {
    const answers = {
      'iptables -S': [...rules, ''].join('\n'),
      'iptables -S INPUT': '',
      'nft -j list ruleset': '{"nftables": []}',
    };
    return await checkFirewall(host({ answers }), { libvirt: { ...LIBVIRT, version: '9.0.0' } });
  };
  const known = ['-N LIBVIRT_FWI', '-N LIBVIRT_FWO', '-N LIBVIRT_FWX'];
  const chains = ['-A FORWARD -j LIBVIRT_FWX', '-A FORWARD -j LIBVIRT_FWI', '-A FORWARD -j LIBVIRT_FWO'];
  const accept = ['-A FORWARD -i bs+ -j ACCEPT', '-A FORWARD -o bs+ -j ACCEPT'];
  const cure = /^sudo iptables -I FORWARD -j LIBVIRT_FWO && .*FWI && .*FWX$/;
  const open = [{ level: 'warn', message: /^slices can reach each other/, cure }];
  t.match(await check('-P FORWARD DROP', ...known, ...accept, ...chains), open);
  t.match(await check('-P FORWARD ACCEPT', ...known, ...accept, ...chains), open);
  t.match(await check('-P FORWARD ACCEPT', ...known), open);
  t.match(await check('-P FORWARD DROP', ...known, ...chains, ...accept), [{ level: 'ok' }]);
  const docker = ['-P FORWARD DROP', '-N DOCKER-USER', ...known, '-A FORWARD -j DOCKER-USER', ...chains];
  t.match(await check(...docker, '-A DOCKER-USER -i bs+ -j ACCEPT'), open);
  t.match(await check(...docker), [{ level: 'ok' }]);
  t.match(await check(...known, '-A FORWARD -j REJECT', ...chains), [{ level: 'fail', cure }]);
});

const LIBVIRT_CHAINS = ['LIBVIRT_FWI', 'LIBVIRT_FWO', 'LIBVIRT_FWX'].map((name) => `-N ${name}\n`).join('');
/** As libvirt writes them with its iptables backend, for one network. */
const LIBVIRT_RULES = `${LIBVIRT_CHAINS}-A LIBVIRT_FWI -o bs1-net -j REJECT --reject-with icmp-port-unreachable\n`;
const LIBVIRT_FORWARD = ['FWX', 'FWI', 'FWO'].map((name) => `-A FORWARD -j LIBVIRT_${name}\n`).join('');
/** Docker's rules, with libvirt's before them. */
const BOTH = `${LIBVIRT_RULES}${DOCKER.replace('-A FORWARD', `${LIBVIRT_FORWARD}-A FORWARD`)}`;

/** The table of libvirt's nftables backend, for one network or empty. */
function libvirtTable(...networks: readonly string[]): string {
  const place = { family: 'ip', table: 'libvirt_network' };
  const chains = ['forward', 'guest_input'].map((name) => ({ chain: { ...place, name } }));
  const rules = networks.map((name) => ({ rule: { ...place, chain: 'guest_input', expr: [name] } }));
  return JSON.stringify({ nftables: [...chains, ...rules] });
}

t.test("libvirt's backend is the one whose rules are there, whatever is the default", async (t) => {
  const check = async (rules: string, nft = '{"nftables": []}', network = '') => {
    const answers = { 'iptables -S': rules, 'iptables -S INPUT': '', 'nft -j list ruleset': nft };
    const files = { '/etc/libvirt/network.conf': network };
    return await checkFirewall(host({ answers, files }), { libvirt: { ...LIBVIRT, version: '11.3.0' } });
  };
  const usesIptables = [{ level: 'ok', message: /libvirt uses iptables$/ }];
  const usesNftables = [{ level: 'ok', message: /libvirt uses nftables$/ }];
  t.match(await check(BOTH), usesIptables, 'rules of iptables, before any other');
  t.match(await check(BOTH, libvirtTable()), usesIptables, 'an empty table of another time');
  t.match(await check(BOTH, '{}', 'firewall_backend = "nftables"\n'), usesIptables, 'before the daemon starts anew');
  t.match(await check(LIBVIRT_CHAINS, libvirtTable('bs1-net')), usesNftables, 'empty chains of another time');
  t.match(await check(LIBVIRT_CHAINS + LIBVIRT_FORWARD), usesIptables, 'no network yet, but chains for them');
  t.match(await check('', libvirtTable()), usesNftables, 'no network yet, but a table for them');
  const empty = LIBVIRT_CHAINS + LIBVIRT_FORWARD;
  t.match(await check(empty, '{}', 'firewall_backend = "nftables"\n'), usesNftables, 'set for the next network');
  t.match(await check(DOCKER, libvirtTable('bs1-net')), [{ level: 'fail', message: /^Docker drops/ }]);

  const debian = '#firewall_backend = "iptables"\n';
  t.match(await check(DOCKER, '{}', debian), usesIptables, "nothing was started yet: the distribution's first");
  t.match(await check('', '{}', debian.replace('iptables', 'nftables')), usesNftables);
  t.match(await check('', '{}', `${debian}firewall_backend = "nftables"\n`), usesNftables, 'what is set counts');
  t.match(await check(''), usesNftables, "libvirt's own first");
});

t.test('slices that are let through are told of, whichever backend comes first', async (t) => {
  const accept = '-A DOCKER-USER -i bs+ -j ACCEPT\n-A DOCKER-USER -o bs+ -j ACCEPT\n';
  const opened = BOTH.replace(LIBVIRT_FORWARD, '').replace(
    '-A DOCKER-USER',
    `${LIBVIRT_FORWARD}${accept}-A DOCKER-USER`,
  );
  const check = async (nft: string) => {
    const answers = { 'iptables -S': opened, 'iptables -S INPUT': '', 'nft -j list ruleset': nft };
    const files = { '/etc/libvirt/network.conf': 'firewall_backend = "nftables"\n' };
    return await checkFirewall(host({ answers, files }), { libvirt: { ...LIBVIRT, version: '11.3.0' } });
  };
  const warning = [{ level: 'warn', message: /^slices can reach each other/ }];
  t.match(await check('{"nftables": []}'), warning);
  t.match(await check(libvirtTable('bs2-net')), warning, 'some networks are kept apart by the other');
});

t.test('a plain user is told that the rules cannot be read', async (t) => {
  const denied = [4, 'iptables v1.8.9 (nf_tables): Permission denied (you must be root)'] as const;
  const answers = { 'iptables -S': denied, 'iptables -S INPUT': denied, 'nft -j list ruleset': denied };
  t.match(await checkFirewall(host({ answers }), { libvirt: LIBVIRT }), [
    { level: 'warn', cure: /sudo virtbs host check/ },
  ]);
});

t.test('firewalld needs the zone of the bridges', async (t) => {
  const answers = { 'iptables -S': '-P FORWARD ACCEPT\n', 'firewall-cmd --state': 'running\n' };
  const zones = (names: string) =>
    checkFirewall(host({ answers: { ...answers, 'firewall-cmd --get-zones': names } }), { libvirt: LIBVIRT });
  t.match(await zones('block dmz libvirt libvirt-routed public\n'), [
    { level: 'ok' },
    { level: 'ok', message: /zone/ },
  ]);
  t.match(await zones('block dmz public\n'), [{ level: 'fail', message: /no zone libvirt/ }]);
});

t.test('a name server on all addresses is in the way of those of networks', async (t) => {
  const udp = (address: string) => ({
    programs: ['dnsmasq'],
    files: {
      '/proc/net/udp': `   sl  local_address rem_address   st\n  345: ${address}:0035 00000000:0000 07 00000000:00000000\n`,
    },
  });
  t.match(await checkDnsmasq(host(udp('3500007F'))), [{ level: 'ok' }], 'systemd-resolved');
  t.match(await checkDnsmasq(host(udp('00000000'))), [{ level: 'fail' }]);
  t.match(await checkDnsmasq(host({})), [{ level: 'fail', message: /not installed/ }]);
});

const POOL = {
  ipv4Start: '172.16.0.0',
  ipv4PoolPrefix: 12,
  ipv4SlicePrefix: 20,
  ipv4SubnetPrefix: 24,
  macStart: '52:54:00:00:00:00',
  macSliceExtraPower: 8,
  ipv6Start: 'fd00:aaaa::',
};

t.test('whoever holds a port of a network is named, unless he shares it or it is of the network itself', async (t) => {
  const ss = 'ss -H -n -l -u -t -p ( sport = 53 or sport = 67 or sport = 547 )';
  const line = (socket: string, program: string) =>
    `udp   UNCONN 0      0      ${socket}  0.0.0.0:*    users:(("${program}",pid=123,fd=4))\n`;
  const check = (text: string, shares = {}) =>
    checkDnsmasq(host({ programs: ['dnsmasq'], answers: { [ss]: text }, shares }), { pool: POOL, slice: 1 });
  const standing = line('172.16.17.1:53', 'dnsmasq') + line('0.0.0.0%bs1-net:67', 'dnsmasq');
  t.match(await check(standing + line('127.0.0.53%lo:53', 'systemd-resolve')), [{ level: 'ok' }]);
  t.match(await check(line('172.16.17.1:53', 'named')), [
    { level: 'fail', message: /^named \(pid 123\) holds udp 172/ },
  ]);
  t.match(await check(line('172.17.0.1:53', 'named')), [{ level: 'ok' }], 'at an address of its own');
  t.match(await check(line('0.0.0.0:67', 'dhcpd'), { '127.86.66.1 67': true }), [{ level: 'ok' }], 'shared');
  t.match(await check(line('0.0.0.0:67', 'kea'), { '127.86.66.1 67': false }), [{ message: /kea .*\(DHCP\)/ }]);
  t.match(await check(line('*:67', 'kea'), { '127.86.66.1 67': false }), [{ message: /kea .*\(DHCP\)/ }]);
  t.match(await check(line('[::]:547', 'kea'), { '::1 547': false }), [{ message: /\(DHCPv6\)/ }]);
  t.match(await check(line('0.0.0.0:67', 'kea')), [{ level: 'ok' }], 'not known to a plain user');
  const tcp = line('0.0.0.0:53', 'named').replace('udp ', 'tcp ');
  t.match(await check(tcp, { '127.86.66.1 53': true }), [{ level: 'fail' }], 'two cannot listen');
});

t.test('routes to addresses of slices are found, those of our own bridges are not', async (t) => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
  const files = {
    '/proc/net/route':
      `${head}eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n` +
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n' +
      'bs1-net\t001110AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n',
    '/proc/net/ipv6_route':
      'fd00aaaa000020000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     vpn0\n',
  };
  t.match(await checkRoutes(host({ files }), { pool: POOL, slice: 1 }), [
    { level: 'warn', message: '172.17.0.0/16 to docker0 is in the way of slices 16 to 31' },
    { level: 'warn', message: /to vpn0 is in the way of slice 2$/ },
  ]);
  t.match(await checkRoutes(host({ files }), { pool: POOL, slice: 20 }), [{ level: 'fail' }, { level: 'warn' }]);
  t.match(await checkRoutes(host({}), { pool: POOL, slice: 1 }), [{ level: 'ok' }]);
});

t.test('little memory, disk and few inodes are told', async (t) => {
  const check = (kilobytes: number, freeBytes: number, [freeInodes, inodes]: readonly [number, number]) =>
    checkResources(
      host({
        files: { '/proc/meminfo': `MemAvailable:   ${kilobytes} kB\n` },
        space: { freeBytes, freeInodes, inodes },
      }),
      '/srv/virtbs',
    );
  t.match(await check(8_000_000, 50 * GIB, [1e6, 2e6]), [{ level: 'ok' }, { level: 'ok' }, { level: 'ok' }]);
  t.match(await check(1_000_000, 5 * GIB, [5000, 2e6]), [{ level: 'warn' }, { level: 'warn' }, { level: 'warn' }]);
  t.match(await check(100_000, 1000, [3, 2e6]), [{ level: 'fail' }, { level: 'fail' }, { level: 'fail' }]);
  t.equal((await check(8_000_000, 50 * GIB, [0, 0])).length, 2, 'a file system without a number of inodes');
});

t.test('it is said by what ssh and other programs know VMs', async (t) => {
  const options = { home: '/home/me', slice: 7, libvirt: { version: '9.10.0' } };
  t.match(await checkNames(host({}), options), [
    {
      level: 'ok',
      message: /^ssh knows VM\.bs7 with -F, .* ssh-config install; other programs with the lines of etc-hosts-bs7 in/,
    },
  ]);
  const files = {
    '/home/me/.ssh/config': 'Include "/home/me/sshconf-bs*" # virtbs ssh-config\nHost *\n',
    '/etc/hosts': '172.16.77.2 controller-02 controller-02.bs7\n',
  };
  const message = 'ssh knows VM.bs7 by /home/me/.ssh/config; other programs by /etc/hosts';
  t.match(await checkNames(host({ files }), options), [{ level: 'ok', message }]);
  const resolved = { ...files, '/run/systemd/resolve/io.systemd.Resolve': '' };
  const other = async (version: string) =>
    await checkNames(host({ files: resolved }), { ...options, libvirt: { version } });
  t.match(await other('10.0.9'), [{ level: 'ok', message }]);
  for (const version of ['10.1.0', '11.0.0']) {
    t.match(await other(version), [{ level: 'ok', message: /other programs by systemd-resolved/ }], version);
  }
});

t.test('folders are shared by virtiofs where its program is there', async (t) => {
  const described = { '/usr/share/qemu/vhost-user/50-fs.json': '{"type": "fs", "binary": "/usr/libexec/virtiofsd"}' };
  t.match(await checkShares(host({ files: { ...described, '/usr/libexec/virtiofsd': '' } }), 'bin/packages'), [
    { level: 'ok', message: /by virtiofs: \/usr\/libexec\/virtiofsd$/ },
  ]);
  t.match(await checkShares(host({ files: described }), 'bin/packages'), [
    { level: 'warn', message: /by 9p/, cure: 'bin/packages --install --for share' },
  ]);
});

t.test('the limits of sshd are too low for many VMs through this host', async (t) => {
  t.match(await checkSshd(host({})), [{ level: 'ok', message: /not installed/ }]);
  const files = {
    '/etc/ssh/sshd_config':
      'Include /etc/ssh/sshd_config.d/*.conf\n#MaxSessions 10\nMatch User git\n  MaxSessions 99\n',
  };
  t.match(await checkSshd(host({ programs: ['sshd'], files })), [
    {
      level: 'warn',
      message: /^MaxStartups 10:30:100, MaxSessions 10,/,
      cure: /^printf .*'MaxStartups 50:30:200' 'MaxSessions 50' \| sudo tee .*reload ssh$/,
    },
  ]);
  const told = 'maxstartups 100:30:200\nmaxsessions 100\nallowtcpforwarding no\n';
  t.match(await checkSshd(host({ programs: ['sshd'], answers: { 'sshd -T': told } })), [
    { level: 'warn', cure: /'AllowTcpForwarding yes'/ },
  ]);
  const enough = { '/etc/ssh/sshd_config.d/10-virtbs.conf': 'MaxStartups 50:30:200\nMaxSessions 50\n', ...files };
  t.match(await checkSshd(host({ programs: ['sshd'], files: enough })), [{ level: 'ok' }]);
});

t.test('missing programs are told with what installs them', async (t) => {
  const all = 'qemu-system-x86_64 qemu-img ssh ssh-keygen cpio mke2fs debugfs lz4 xz zstd xorriso'.split(' ');
  t.match(await checkPrograms(host({ programs: all }), 'bin/packages'), [{ level: 'ok' }]);
  const few = all.filter((name) => name !== 'xorriso' && name !== 'zstd');
  t.match(await checkPrograms(host({ programs: few }), 'bin/packages'), [
    { level: 'fail', message: /^genisoimage or mkisofs or xorriso/, cure: 'bin/packages --install --for run' },
    { level: 'warn', message: /^zstd/, cure: 'bin/packages --install --for mini' },
  ]);
});

t.test('what was seen of mapped memory is told with the versions that it was seen with', async (t) => {
  const root = t.testdir({ locks: {} });
  const files: Record<string, string> = {};
  const check = (): ReturnType<typeof checkMemory> => checkMemory(host({ files }), { root, libvirt: LIBVIRT });
  t.match(await check(), [{ check: 'memory', level: 'ok', message: /not tried yet/ }]);
  const record = { host: 'a', tried: '2026-01-31T12:00:00Z', libvirt: '9.0.0', emulator: '7.2.22', readOnly: false };
  await writeMappedRecord(root, { ...record, reason: null });
  t.match(await check(), [{ level: 'ok', message: /mapped: seen to work with libvirt 9\.0\.0, qemu 7\.2\.22$/ }]);
  await writeMappedRecord(root, { ...record, reason: 'Permission denied' });
  t.match(await check(), [
    { level: 'warn', message: /written and read whole .*: Permission denied$/, cure: /host prepare/ },
  ]);
  const rule = (await memoryRule(root)) ?? '';
  t.match(rule, /\/slices\/\*\/memory\/@\{profile_name\}\.\* rw,$/);
  files[RULES_PATH] = `# more\n${rule}\n`;
  t.match(await check(), [{ level: 'warn', cure: /docs/ }], 'it is not the rule that is missing');
  await writeMappedRecord(root, { ...record, reason: null, libvirt: '8.0.0' });
  t.match(await check(), [{ level: 'ok', message: /not tried yet/ }], 'what another libvirt has shown says nothing');
  await writeFile(join(root, 'locks/mapped-memory.json'), '{}');
  t.match(await check(), [{ level: 'ok', message: /not tried yet/ }]);
  t.strictSame(await checkMemory(host({}), { root, libvirt: { ...LIBVIRT, type: 'TEST' } }), []);
});

t.test('a rule for memory is added behind those of others, and a root that it cannot name has none', async (t) => {
  const path = join(t.testdir({ rules: '  /theirs r,' }), 'rules');
  const rule = (await memoryRule('/srv/virtbs')) ?? '';
  t.equal(rule, '/srv/virtbs/slices/*/memory/@{profile_name}.* rw,');
  t.notOk(hasRule(await readFile(path, 'utf8'), rule));
  await addRule(rule, path);
  const rules = await readFile(path, 'utf8');
  t.match(rules, /^ {2}\/theirs r,\n# virtbs: /);
  t.ok(hasRule(rules, rule));
  t.equal(await memoryRule('/srv/{a,b}'), null);
});
