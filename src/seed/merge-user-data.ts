import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { UserData } from './user-data.js';

type CloudConfig = Readonly<Record<string, unknown>>;

/** cloud-init reads YAML 1.1; no line is folded, and the small image knows no anchors. */
const YAML_OPTIONS = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/** Our keys that are lists: theirs and ours are done both. */
const LISTS = ['users', 'write_files'] as const;

/** Our keys that say what suits most people; theirs are stronger. */
const WEAK: ReadonlySet<string> = new Set(['disable_root', 'ssh_pwauth']);

/**
 * Returns user data that does what a person wants and what the slice needs. Its users, keys, host name and host keys are there
 * whatever the person's own text says; lists of users and files have what both say; in all else the person's text is stronger.
 *
 * @param ours what the slice needs, as cloud-config
 */
export function mergeUserData(ours: CloudConfig, theirs: UserData | null, name: string): string {
  if (theirs === null) return cloudConfig(ours);
  if (theirs.kind === 'cloud-config') return cloudConfig(mergeConfigs(ours, theirs.value));
  return joinParts(ours, theirs, name);
}

function cloudConfig(value: CloudConfig): string {
  return `#cloud-config\n${stringify(value, YAML_OPTIONS)}`;
}

function mergeConfigs(ours: CloudConfig, theirs: CloudConfig): CloudConfig {
  const strong = Object.entries(ours).filter(([key]) => !WEAK.has(key) || theirs[key] === undefined);
  const sshKeys = { ...asMap(theirs['ssh_keys']), ...asMap(ours['ssh_keys']) };
  return {
    ...theirs,
    ...Object.fromEntries(strong),
    ...(Object.keys(sshKeys).length > 0 && { ssh_keys: sshKeys }),
    users: mergeUsers(asList(ours['users']), theirs['users']),
    // The last one to write a file wins.
    write_files: [...asList(ours['write_files']), ...asList(theirs['write_files']).map(withOctalMode)],
  };
}

/** `permissions: 0644` is a number to YAML 1.1, and no longer octal once it is written again. */
function withOctalMode(file: unknown): unknown {
  const { permissions } = asMap(file);
  return typeof permissions === 'number' ? { ...asMap(file), permissions: `0${permissions.toString(8)}` } : file;
}

/** The slice's user comes first; where the person's text has one of that name, it is one user with what both say. */
function mergeUsers(ours: readonly unknown[], given: unknown): readonly unknown[] {
  const theirs = listUsers(given);
  const names = new Set(ours.map((user) => asMap(user)['name']));
  const merged = ours.map((user) => {
    const own = asMap(user);
    const twin = asMap(theirs.find((each) => asMap(each)['name'] === own['name']));
    return { ...twin, ...own, ssh_authorized_keys: [own, twin].flatMap(listKeys) };
  });
  const others = theirs.filter((user) => typeof user === 'string' || !names.has(asMap(user)['name']));
  return [...merged, ...others.map(withKeyList)];
}

/** A key alone may stand for a list of one. */
function withKeyList(user: unknown): unknown {
  return typeof asMap(user)['ssh_authorized_keys'] === 'string'
    ? { ...asMap(user), ssh_authorized_keys: listKeys(asMap(user)) }
    : user;
}

function listKeys({ ssh_authorized_keys: keys }: CloudConfig): readonly unknown[] {
  return typeof keys === 'string' ? [keys] : asList(keys);
}

/**
 * Users as a list. cloud-init takes names in a text, too, and a map by name.
 *
 * Source: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#users-and-groups
 */
export function listUsers(given: unknown): readonly unknown[] {
  if (typeof given === 'string') return given.split(',').map((name) => name.trim());
  if (Array.isArray(given)) return given;
  return Object.entries(asMap(given)).flatMap(([name, user]): unknown[] => {
    if (typeof user === 'object' && user !== null) return [{ ...user, name }];
    return user === true ? [name] : [];
  });
}

/**
 * A MIME message of both. cloud-init lays each part over those before: the slice's lists are added to what is there, and its other
 * values replace what is there.
 *
 * Source: https://cloudinit.readthedocs.io/en/latest/reference/merging.html
 */
function joinParts(ours: CloudConfig, theirs: Exclude<UserData, { kind: 'cloud-config' }>, name: string): string {
  const entries = Object.entries(ours);
  const isList = ([key]: readonly [string, unknown]): boolean => LISTS.some((list) => list === key);
  const lists = Object.fromEntries(entries.filter(isList));
  const values = Object.fromEntries(entries.filter((entry) => !isList(entry)));
  const parts = [
    theirs.kind === 'message' ? theirs.text : part(theirs.type, theirs.text, { name }),
    part('text/cloud-config', cloudConfig(lists), {
      name: 'virtbs-lists',
      merge: 'list(append)+dict(no_replace,recurse_list)+str()',
    }),
    part('text/cloud-config', cloudConfig(values), { name: 'virtbs-values', merge: 'list()+dict(replace)+str()' }),
  ];
  const boundary = `virtbs-${createHash('sha256').update(parts.join()).digest('hex').slice(0, 32)}`;
  const body = parts.map((text) => `--${boundary}\n${text.replace(/\n?$/, '\n')}`).join('\n');
  return `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n${body}\n--${boundary}--\n`;
}

/** Source: RFC 2045 */
function part(type: string, text: string, { name, merge }: { readonly name: string; readonly merge?: string }): string {
  const lines =
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  return [
    `Content-Type: ${type}; charset="utf-8"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`,
    ...(merge === undefined ? [] : [`Merge-Type: ${merge}`]),
    '',
    ...lines,
    '',
  ].join('\n');
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function asMap(value: unknown): CloudConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as CloudConfig) : {};
}
