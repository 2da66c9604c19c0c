import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE, problemsOf } from './problems-of.js';

/** A file, and what is to be said about it, without its name in front. */
type Case = readonly [title: string, text: string, ...expected: string[]];

const CASES: readonly Case[] = [
  [
    'an unknown section',
    'netwrok_flags: {}\n',
    ':1:1: unrecognized key "netwrok_flags", did you mean "network_flags"?',
  ],
  [
    'a value with a name that bash keeps for itself',
    "tasks: { one: { on: all, run: 'true', gives: [UID] } }\n",
    ':1:47: one.gives[0]: "UID" is not a value name (a letter or "_", then up to 63 letters, digits and "_"; not one that the shell or virtbs uses (PATH, UID, RANDOM, VIRTBS_…))',
  ],
  [
    'a variable with a name that bash keeps for itself',
    "tasks: { one: { on: all, run: 'true', env: { PPID: '1' } } }\n",
    ':1:46: one.env: "PPID" is not a value name: a letter or "_", then up to 63 letters, digits and "_"; not one that the shell or virtbs uses (PATH, UID, RANDOM, VIRTBS_…)',
  ],
  [
    'a forge without a place for its runners',
    'runner: { github: { labels: [virtbs] } }\n',
    ':1:11: github: no "scope": runners need scope, labels',
  ],
  [
    'an organization of GitHub without repositories',
    'runner: { github: { scope: team, labels: virtbs } }\n',
    ':1:11: github: no "repositories": GitHub lists the jobs that wait by repository only',
  ],
  [
    'a Gitea without its URL',
    'runner: { gitea: { scope: team, labels: virtbs } }\n',
    ':1:11: gitea: no "url": runners need url, scope, labels',
  ],
  [
    'a scope of a forge that is none, and a URL with a password',
    'runner: { forgejo: { url: "https://a:b@forge.example.org", scope: a/b/c, labels: [virtbs] } }\n',
    ':1:27: forgejo.url: "https://***@forge.example.org" is not a URL, such as https://forge.example.org',
    ':1:67: forgejo.scope: "a/b/c" is not OWNER/REPOSITORY, or OWNER for an organization',
  ],
  [
    'a database whose URL has a password',
    "ci: { database: 'postgresql://ci:s3cret@db/ci' }\n",
    ':1:17: database: "postgresql://***@db/ci" has a password in it: write the URL into a file that only you can read, and name that with database_file',
  ],
  [
    'a database of a kind that virtbs does not know',
    "ci: { database: 'oracle://ci:s3cret@db/ci' }\n",
    ':1:17: database: "oracle://***@db/ci": virtbs knows no database "oracle": it is a path, or postgresql://… or mariadb://…',
  ],
  [
    'two databases',
    'ci: { database: ci.db, database_file: url }\n',
    ':1:39: database_file: there is "database" as well: give one of them',
  ],
  ['a relative root', 'paths: { virtbs_root: images }\n', ':1:23: virtbs_root: "images" is not an absolute path'],
  [
    'no IPv4 address',
    'address_pool: { ipv4_start: 172.16.0.256 }\n',
    ':1:29: ipv4_start: "172.16.0.256" is not an IPv4 address, such as 172.16.0.0',
  ],
  [
    'no MAC address',
    'address_pool: { mac_start: 52-54-00-00-00-00 }\n',
    ':1:28: mac_start: "52-54-00-00-00-00" is not a MAC address, such as 52:54:00:00:00:00',
  ],
  [
    'no IPv6 address',
    'address_pool: { ipv6_start: "fd00::%lo" }\n',
    ':1:29: ipv6_start: "fd00::%lo" is not an IPv6 address, such as fd00:aaaa::',
  ],
  [
    'a prefix out of range',
    'address_pool: { ipv4_subnet_prefix: 31 }\n',
    ':1:37: ipv4_subnet_prefix: 31 is not a whole number from 8 to 30',
  ],
  [
    'a slice larger than the pool',
    'address_pool:\n  ipv4_slice_prefix: 11\n',
    ':2:22: ipv4_slice_prefix: 11 is below ipv4_pool_prefix, which is 12',
  ],
  [
    'a network larger than a slice',
    'address_pool:\n  ipv4_subnet_prefix: 19\n',
    ':2:23: ipv4_subnet_prefix: 19 is below ipv4_slice_prefix, which is 20',
  ],
  [
    'an address of pages that is none',
    'ci: { url: ci.example.org }\n',
    ':1:12: url: "ci.example.org" is not an address that begins with https:// or http://, without a query',
  ],
  ['no slice to lease', 'lease: { first: 20 }\n', ':1:17: first: the range has no slice: it is from 20 to 15'],
  [
    'a slot without a recipe',
    'image_flow:\n  own:\n',
    ':2:3: own: no recipe: give it one of image_download, image_customize, image_script, image_import, mini',
  ],
  [
    'an image on an unknown base',
    'image_flow: { own: { image_customize: { base: mimi } } }\n',
    ':1:47: own.image_customize.base: unknown slot "mimi", did you mean "mini"?',
  ],
  [
    'images that stand on each other',
    `image_flow:
  a: { image_customize: { base: b } }
  b: { image_customize: { base: c } }
  c: { image_customize: { base: a } }
`,
    ':2:33: a.image_customize.base: the image stands on itself: a -> b -> c -> a',
  ],
  [
    'an image on itself, and one on that',
    `image_flow:
  a: { image_customize: { base: b } }
  b: { image_customize: { base: b } }
`,
    ':3:33: b.image_customize.base: the image stands on itself: b -> b',
  ],
  [
    'what is to be done in two ways, or in none',
    `image_flow:
  own:
    image_customize:
      base: mini
      scripts: [a.sh, { inline: "true", file: a.sh }, { arguments: [a] }]
      files: [{ path: etc/motd, source: a }, { source: a, mode: 644 }]
      packages: ["-y"]
`,
    ':5:23: own.image_customize.scripts[1]: "file" and "inline": give one of them',
    ':5:55: own.image_customize.scripts[2]: neither "file" nor "inline"',
    ':6:23: own.image_customize.files[0].path: "etc/motd" is not an absolute path',
    ':6:46: own.image_customize.files[1]: no "path"',
    ':6:65: own.image_customize.files[1].mode: 644 is not a file mode in quotes, such as "0755": put it in quotes',
    ':7:18: own.image_customize.packages[0]: "-y" is not the name of a package',
  ],
  [
    'a signature without keys, and keys without a list',
    `image_flow:
  a: { image_download: { url: x, sha256: ./SUMS, signature: ./SUMS.gpg } }
  b: { image_download: { url: x, sha256: ${'a'.repeat(64)}, keyring: keys.gpg } }
`,
    ':2:61: a.image_download.signature: no "keyring" beside it: give the path of the keys that may sign',
    ':3:117: b.image_download.keyring: signed is a list: give its URL as "sha256" or "sha512"',
  ],
  [
    'a download without URL and digest',
    'image_flow: { own: { image_download: } }\n',
    ':1:22: own.image_download: no "url"',
    ':1:22: own.image_download: neither "sha256" nor "sha512": give one, or "insecure: true" to go without a check',
  ],
  [
    'a short digest',
    `image_flow: { own: { image_download: { url: a, sha256: ${'a'.repeat(63)} } } }\n`,
    `:1:56: own.image_download.sha256: "${'a'.repeat(60)}…" is not 64 hex digits, or the URL or path (with a "/") of a list of checksums`,
  ],
  [
    'another kind for a shipped slot',
    'image_flow: { mini: { image_download: { url: a, insecure: true } } }\n',
    ':1:15: mini: image_download (own.yaml:1:23) and mini (package/images/mini.yaml:1:23): a slot has one kind, use a name of your own for the other',
  ],
  [
    'a network name in capitals',
    'network_flags: { Net: {} }\n',
    ':1:18: network_flags: "Net" is not a network name: a lower-case letter, then up to 14 lower-case letters, digits, "-" and "_", a letter or digit at the end',
  ],
  ['a truth value in words', 'network_flags: { net: { dns: yes } }\n', ':1:30: net.dns: "yes" is not true or false'],
  [
    'a small MTU',
    'network_flags: { net: { mtu: 575 } }\n',
    ':1:30: net.mtu: 575 is not a whole number from 576 to 9216',
  ],
  [
    'a bridge of an unknown network',
    'network_flags: { net: { same_bridge: nat }, dat: {} }\n',
    ':1:38: net.same_bridge: unknown network "nat", did you mean "net"?',
  ],
  [
    'a bridge of itself',
    'network_flags: { net: { same_bridge: net } }\n',
    ':1:38: net.same_bridge: a network cannot share a bridge with itself: leave this out',
  ],
  [
    'a chain of bridges',
    'network_flags:\n  a: { same_bridge: b }\n  b: { same_bridge: c }\n  c: {}\n',
    ':2:21: a.same_bridge: "b" has no bridge of its own, it shares that of "c": name that one',
  ],
  [
    'a loop of bridges',
    'network_flags:\n  a: { same_bridge: b }\n  b: { same_bridge: a }\n',
    ':2:21: a.same_bridge: "b" shares the bridge of this network: leave out one of the two',
    ':3:21: b.same_bridge: "a" shares the bridge of this network: leave out one of the two',
  ],
  [
    'DNS without an address',
    'network_flags: { net: { host_address: false, dns: true } }\n',
    ':1:51: net.dns: needs "host_address: true"',
  ],
  [
    'an open network without an address',
    'network_flags: { net: { host_address: false, isolation: false } }\n',
    ':1:57: net.isolation: false needs "host_address: true"',
  ],
  [
    'an open network with NAT',
    'network_flags: { net: { internet_access: true, isolation: false } }\n',
    ':1:59: net.isolation: nobody reaches what is behind NAT: leave out "internet_access", and give the way out by another network',
  ],
  [
    'an empty label',
    'network_flags: { net: { labels: { a: { b: } } } }\n',
    ':1:40: net.labels.a.b: nothing is not a value',
  ],
  ['an unknown key of a role', role('memroy: 1GiB'), ':4:5: worker: unrecognized key "memroy", did you mean "memory"?'],
  [
    'no memory',
    role('memory:'),
    ':4:5: worker.memory: nothing is not a size: write a number above 0 and a unit, such as 512MiB, 1.5GiB, 8G or 10GB, or a plain number of MiB',
  ],
  [
    'little memory',
    role('memory: 31MiB'),
    ':4:13: worker.memory: "31MiB" is not a whole number of MiB, at least 32MiB',
  ],
  ['half a MiB', role('memory: 64.5'), ':4:13: worker.memory: 64.5 is not a whole number of MiB, at least 32MiB'],
  ['a number in quotes', role('vcpu: "2"'), ':4:11: worker.vcpu: "2" is not a whole number from 1 to 512'],
  [
    'a tag that looks like a number',
    role('disks: { root: { image_tag: true } }'),
    ':4:33: worker.disks.root.image_tag: true is not a tag name (a letter, then up to 62 letters, digits, ".", "-" and "_"): put it in quotes',
  ],
  ['a network twice', role('nets: [net, data, net]'), ':4:23: worker.nets[2]: "net" stands twice in the list'],
  ['no list', role('nets: net'), ':4:11: worker.nets: "net" is not a list'],
  ['an unknown boot device', role('boot: [cdrom]'), ':4:12: worker.boot[0]: "cdrom" is not one of disk, network'],
  [
    'a word that is nearly right',
    role('cache: unsave'),
    ':4:12: worker.cache: "unsave" is not one of unsafe, writeback, none, writethrough, directsync, did you mean "unsafe"?',
  ],
  [
    'the offset of the host',
    role('first_offset: 1'),
    ':4:19: worker.first_offset: 1 is not a whole number from 2 to 16777216',
  ],
  [
    'an unknown slot',
    role('disks: { root: { image_slot: minni } }'),
    ':4:34: worker.disks.root.image_slot: unknown slot "minni", did you mean "mini"?',
  ],
  [
    'a role name with a blank',
    'machine_matrix: { roles: { "a b": {} } }\n',
    ':1:28: roles: "a b" is not a role name: a letter, then up to 49 letters, digits, "-" and "_", a letter or digit at the end',
  ],
  [
    'a problem behind an anchor',
    'machine_matrix:\n  a:\n    one: &one { vcpu: 0 }\n    two: *one\n',
    ':3:23: one.vcpu: 0 is not a whole number from 1 to 512',
  ],
  [
    'whom to notify, not as a program, list or map,',
    'openstack: { notify: team@example.org }\n',
    ':1:22: notify: "team@example.org" is not a list',
  ],
  [
    'a wrong address',
    'openstack:\n  notify:\n    mail: [team@example.org, "me <me@example.org>"]\n    from: team\n    to: me\n',
    ':3:30: notify.mail[1]: "me <me@example.org>" is not a mail address, such as team@example.org',
    ':4:11: notify.from: "team" is not a mail address, such as team@example.org',
    ':5:5: notify: unrecognized key "to": known are run, mail, from, relay',
  ],
  [
    'a wrong relay, without its password,',
    'openstack: { notify: { relay: "smtp://me:a/secret@host" } }\n',
    ':1:31: notify.relay: not the URL of a mail relay: smtp://HOST:PORT, or smtps://USER:PASSWORD@HOST with "/" as %2F and "@" as %40',
  ],
  [
    'a relay in the wrong place, without its password,',
    'openstack: { notify: "smtp://me:a/secret@host" }\n',
    ':1:22: notify: "smtp://***@host" is not a list',
  ],
];

for (const [title, text, ...expected] of CASES) {
  t.test(`${title} is found at its place`, async (t) => {
    const cwd = t.testdir({ package: PACKAGE });
    await writeFile(join(cwd, 'own.yaml'), text);
    const message = await problemsOf({ cwd, files: ['own.yaml'] });
    t.strictSame(
      message.split('\n'),
      expected.map((line) => `own.yaml${line}`),
    );
  });
}

function role(settings: string): string {
  return `machine_matrix:\n  roles:\n   worker:\n    ${settings}\n`;
}
