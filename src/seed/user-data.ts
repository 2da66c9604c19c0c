import { parseDocument } from 'yaml';

/** User data for cloud-init, as a person wrote it. */
export type UserData =
  /** A map of cloud-init's keys. */
  | { readonly kind: 'cloud-config'; readonly value: Readonly<Record<string, unknown>> }
  /** Any other format, with its MIME type. */
  | { readonly kind: 'part'; readonly type: string; readonly text: string }
  /** Several formats in one: a MIME message with its own headers. */
  | { readonly kind: 'message'; readonly text: string };

/** The first line of each format, and its MIME type. Source: https://cloudinit.readthedocs.io/en/latest/explanation/format.html */
const PARTS: readonly (readonly [start: RegExp, type: string])[] = [
  [/^#!/, 'text/x-shellscript'],
  [/^#cloud-boothook(?:\s|$)/, 'text/cloud-boothook'],
  [/^#cloud-config-archive(?:\s|$)/, 'text/cloud-config-archive'],
  [/^#cloud-config-jsonp(?:\s|$)/, 'text/cloud-config-jsonp'],
  [/^#include-once(?:\s|$)/, 'text/x-include-once-url'],
  [/^#include(?:\s|$)/, 'text/x-include-url'],
  [/^#part-handler(?:\s|$)/, 'text/part-handler'],
  [/^## template: *jinja/i, 'text/jinja2'],
];

/** Characters of a first line that an error shows. */
const SHOWN = 60;

/** Reads user data of cloud-init; returns what is wrong with it as a text. */
export function readUserData(text: string): UserData | string {
  const [first = ''] = text.split(/\r?\n/, 1);
  if (/^#cloud-config\s*$/.test(first)) return readCloudConfig(text);
  if (/^(?:content-type|mime-version):/i.test(first)) return { kind: 'message', text };
  const type = PARTS.find(([start]) => start.test(first))?.[1];
  if (type !== undefined) return { kind: 'part', type, text };
  const shown = JSON.stringify(first.length > SHOWN ? `${first.slice(0, SHOWN)}…` : first);
  return `its first line, ${shown}, is none that cloud-init knows: begin it with "#cloud-config", "#!/bin/sh" or another of its formats`;
}

/** cloud-init reads YAML 1.1. */
function readCloudConfig(text: string): UserData | string {
  const document = parseDocument(text, { version: '1.1', prettyErrors: true });
  const [error] = document.errors;
  if (error) return error.message.split('\n')[0]?.replace(/:$/, '') ?? error.message;
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null) return { kind: 'cloud-config', value: {} };
  if (typeof value !== 'object' || Array.isArray(value)) return 'it is no map of keys and values behind #cloud-config';
  return { kind: 'cloud-config', value: value as Readonly<Record<string, unknown>> };
}
