import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { checkpointKey } from '../../src/checkpoint/checkpoint-key.js';
import type { VmPlan } from '../../src/plan/plan.js';
import { readFirstBoots } from '../../src/seed/read-first-boot.js';
import { buildSeed } from '../../src/seed/seed.js';
import { planWith } from '../plan/plan-of.js';

const KEY = `ssh-ed25519 ${'A'.repeat(68)} me@here`;
const OTHER = `ssh-rsa ${'B'.repeat(68)}`;
const CONTENT = { authorizedKey: 'ssh-ed25519 AAAAlogin', hostPrivateKey: 'private', hostPublicKey: 'public' };
const RECIPES = {
  mini: { mini: {} },
  small: { image_customize: { base: 'mini' } },
  large: { image_download: { url: '/large.qcow2' } },
};

/** A plan of one VM of role `plain` with settings of its first boot, as YAML of one line. */
async function planGiven(...settings: readonly string[]) {
  const plan = await planWith(
    [
      'image_flow.large.image_download={url: /large, insecure: true}',
      ...settings.map((each) => `machine_matrix.roles.plain.${each}`),
    ],
    1,
    'plain:1',
  );
  const [vm] = plan.vms;
  if (!vm) throw new Error('no VM');
  return { plan, vm };
}

/** The user data of a VM that has other user data, as cloud-config. */
async function merged(userData: string): Promise<unknown> {
  return parse(await mergedText(userData), { version: '1.1' });
}

async function mergedText(userData: string): Promise<string> {
  const { plan, vm } = await planGiven('disks.root.image_slot=large', 'user=debian');
  const given: VmPlan = { ...vm, firstBoot: { userData } };
  const content = (await readFirstBoots([given], RECIPES)).get(vm.hostname);
  const text = buildSeed(plan, given, { ...CONTENT, firstBoot: content }).userData;
  t.ok(text.startsWith('#cloud-config\n'));
  return text;
}

t.test('a user and keys of the role are beside those of the slice', async (t) => {
  const file = join(t.testdir({ keys: `# from elsewhere\n\n${KEY}\n${OTHER}\n` }), 'keys');
  const { plan, vm } = await planGiven(`ssh_keys=[${file}, "${KEY}"]`, 'user=debian');
  const content = (await readFirstBoots(plan.vms, RECIPES)).get('plain-60');
  const { userData } = buildSeed(plan, vm, { ...CONTENT, firstBoot: content });
  t.match(parse(userData), {
    users: [{ name: 'debian', ssh_authorized_keys: [CONTENT.authorizedKey, KEY, OTHER] }],
  });
});

t.test('what a cloud-config says of a thing twice, by an anchor, is written out', async (t) => {
  const text =
    '#cloud-config\nusers: [{name: ann, groups: &all [adm]}, {name: bob, groups: *all, ssh_authorized_keys: key}]\n';
  t.notMatch(await mergedText(text), /[&*]\w/);
  t.match(await merged(text), {
    users: [
      { name: 'debian' },
      { name: 'ann', groups: ['adm'] },
      { name: 'bob', groups: ['adm'], ssh_authorized_keys: ['key'] },
    ],
  });
});

t.test('users of a cloud-config may be a map by name, and keys of one of them a text', async (t) => {
  const text = `#cloud-config\nusers:\n  debian: { uid: 1234, ssh_authorized_keys: "${KEY}" }\n  ann: {}\n  default: true\n  bob: false\n`;
  t.match(await merged(text), {
    users: [
      { name: 'debian', uid: 1234, ssh_authorized_keys: [CONTENT.authorizedKey, KEY] },
      { name: 'ann' },
      'default',
    ],
  });
});

t.test("a person's cloud-config and the slice's are one, and the slice's identity is its own", async (t) => {
  const text = [
    '#cloud-config',
    'hostname: other',
    'ssh_pwauth: true',
    'packages: [htop]',
    'ssh_keys: {rsa_private: theirs, ed25519_private: theirs}',
    'users: [default, {name: debian, groups: adm, ssh_authorized_keys: [more]}, {name: alice}]',
    'write_files: [{path: /etc/own, permissions: 0600, content: own}]',
    '',
  ].join('\n');
  t.match(await merged(text), {
    hostname: 'plain-60',
    ssh_pwauth: true,
    disable_root: true,
    packages: ['htop'],
    ssh_keys: { rsa_private: 'theirs', ed25519_private: 'private' },
    users: [
      {
        name: 'debian',
        groups: 'adm',
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        ssh_authorized_keys: [CONTENT.authorizedKey, 'more'],
      },
      'default',
      { name: 'alice' },
    ],
    write_files: [{ path: '/etc/hosts' }, { path: '/etc/own', permissions: '0600' }],
  });
  t.match(await merged('#cloud-config\n# nothing\n'), { users: [{ name: 'debian' }] });
});

t.test('other formats travel beside what the slice needs, whose lists are added and whose values win', async (t) => {
  const { plan, vm } = await planGiven();
  const bodyOf = async (userData: string): Promise<string> => {
    const given = { ...vm, firstBoot: { userData }, disks: [] };
    const content = (await readFirstBoots([given], RECIPES)).get(vm.hostname);
    return buildSeed(plan, given, { ...CONTENT, firstBoot: content }).userData;
  };
  const text = await bodyOf('#!/bin/sh\necho hello\n');
  const boundary = /^Content-Type: multipart\/mixed; boundary="([^"]+)"\nMIME-Version: 1\.0\n\n/.exec(text)?.[1] ?? '';
  const parts = text.split(`--${boundary}`).slice(1, -1);
  const decoded = parts.map((part) => {
    const [head = '', body = ''] = part.trimStart().split('\n\n');
    return [head, Buffer.from(body, 'base64').toString()] as const;
  });
  t.match(decoded, [
    [/^Content-Type: text\/x-shellscript;[^]*filename="user_data"$/, '#!/bin/sh\necho hello\n'],
    [/Merge-Type: list\(append\)/, /^#cloud-config\nusers:[^]*write_files:/],
    [/Merge-Type: list\(\)\+dict\(replace\)/, /^#cloud-config\nhostname: plain-60/],
  ]);
  for (const [start, type] of [
    ['#include\nhttp://example.org\n', 'text/x-include-url'],
    ['#cloud-boothook\n', 'text/cloud-boothook'],
    ['#cloud-config-archive\n[]\n', 'text/cloud-config-archive'],
    ['## template: jinja\n#cloud-config\n', 'text/jinja2'],
  ] as const) {
    t.match(await bodyOf(start), `Content-Type: ${type};`);
  }
  const message = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n\n--x--\n';
  t.match(await bodyOf(message), `\n${message}`, 'a message is a part as it is');
});

t.test('everything that is wrong is told at once, with the VMs that it is about', async (t) => {
  const folder = t.testdir({
    'web.yaml': 'packages: [nginx]\n',
    'bad.yaml': '#cloud-config\nusers: [\n',
    'list.yaml': '#cloud-config\n- users\n',
    id: '-----BEGIN OPENSSH PRIVATE KEY-----\n',
    words: 'hello\n',
    empty: '',
  });
  const { vm } = await planGiven();
  const at = (name: string): string => join(folder, name);
  const large = { ...vm, disks: [] };
  const wrong = async (vms: readonly VmPlan[]): Promise<string> => {
    const error = await readFirstBoots(vms, RECIPES).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    t.match(error, { code: 'plan-invalid', hint: 'nothing was touched' });
    return error?.message ?? '';
  };
  const problems = await wrong([
    { ...large, hostname: 'a', firstBoot: { userData: at('web.yaml'), sshKeys: [at('id'), at('words'), at('empty')] } },
    { ...large, hostname: 'b', firstBoot: { userData: at('bad.yaml') } },
    { ...large, hostname: 'c', firstBoot: { userData: at('list.yaml') } },
    { ...large, hostname: 'd', firstBoot: { userData: at('missing') } },
    { ...large, hostname: 'e', firstBoot: { userData: at('missing') } },
  ]);
  t.match(problems.split('\n'), [
    `a: ssh_keys: ${at('id')}: this is a private key: give the file beside it, ${at('id')}.pub`,
    `a: ssh_keys: ${at('words')}: "hello" is no public key`,
    `a: ssh_keys: ${at('empty')}: there is no key in it`,
    `a: user_data: ${at('web.yaml')}: its first line, "packages: [nginx]", is none that cloud-init knows`,
    new RegExp(`^b: user_data: ${at('bad.yaml')}: .+ at line 3`),
    `c: user_data: ${at('list.yaml')}: it is no map of keys and values`,
    `d, e: user_data: ${at('missing')}: there is no such file`,
  ]);

  const small = { ...vm, disks: vm.disks.map((disk) => ({ ...disk, slot: 'small' })) };
  t.match((await wrong([{ ...small, firstBoot: { packages: ['htop'], userData: '#!/bin/sh\n' } }])).split('\n'), [
    /^plain-60: packages: its image, mini, has no package manager/,
    /^plain-60: user_data: its image, mini, has no cloud-init/,
  ]);
  const ofSmall = async (text: string) =>
    await wrong([{ ...small, firstBoot: { userData: `#cloud-config\n${text}\n` } }]);
  t.match(await ofSmall('runcmd: [ls]'), /, not runcmd: use/);
  t.match(
    await ofSmall('users: [default, {name: ann, passwd: x}]\nwrite_files: [{path: /a, encoding: b64, content: eA==}]'),
    /, not users: default, users: passwd, write_files: encoding: use/,
  );
});

t.test('another script is another checkpoint', async (t) => {
  const script = join(t.testdir({ script: 'echo one\n' }), 'script');
  const { plan, vm } = await planGiven(`scripts=[${script}]`);
  const keyNow = async (): Promise<string> => {
    const content = (await readFirstBoots(plan.vms, RECIPES)).get(vm.hostname);
    const seeds = new Map([[vm.hostname, buildSeed(plan, vm, { ...CONTENT, firstBoot: content })]]);
    return checkpointKey({ root: '/r', plan, builds: new Map(), seeds, fingerprint: 'x' });
  };
  const before = await keyNow();
  t.equal(await keyNow(), before);
  await writeFile(script, 'echo two\n');
  t.not(await keyNow(), before);
});
