import type { NetworkPlan, VmPlan } from './plan.js';

/** Reads the plan of a VM that was kept as JSON; null where it is none of ours. */
export function parseVmPlan(json: string | undefined): VmPlan | null {
  const plan = parse(json);
  return fits(plan, VM) ? (plan as VmPlan) : null;
}

/** Reads plans of networks that were kept as JSON; none where they are none of ours. */
export function parseNetworkPlans(json: string | undefined): readonly NetworkPlan[] {
  const plans = parse(json);
  return fits(plans, listOf(NETWORK)) ? (plans as NetworkPlan[]) : [];
}

/** Tells whether a text can be the host name of a VM of ours; files are named after it. */
export function isHostName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

type Shape = ((value: unknown) => boolean) | { readonly [member: string]: Shape };

const text: Shape = (value) => typeof value === 'string';
const word: Shape = (value) => typeof value === 'string' && /^[\w.-]+$/.test(value) && !value.startsWith('.');
const number: Shape = (value) => typeof value === 'number' && value >= 0;
const flag: Shape = (value) => typeof value === 'boolean';
const map: Shape = (value) => isRecord(value) && !Array.isArray(value);

/** The shape of a VM, checked by hand: the code that lists slices must not load the library that checks configurations. */
const VM: Shape = {
  hostname: (value) => typeof value === 'string' && isHostName(value),
  domain: word,
  uuid: word,
  role: word,
  offset: number,
  memoryMiB: number,
  vcpu: number,
  accessAddress: orNull(text),
  interfaces: listOf({ network: word, mac: text, ipv4: text, ipv6: text }),
  // Files are named after disks.
  disks: listOf({ name: word, target: word, sizeBytes: number, slot: orNull(word), tag: orNull(word) }),
  cache: word,
  virtType: word,
  graphics: word,
  boot: listOf(word),
  wait: word,
  user: optional(word),
  firstBoot: optional({
    files: optional(listOf({ path: text, source: optional(text), content: optional(text), mode: optional(text) })),
    packages: optional(listOf(text)),
    scripts: optional(listOf(isScript)),
    sshKeys: optional(listOf(text)),
    userData: optional(text),
  }),
  labels: map,
};

const SUBNET: Shape = { cidr: text, host: orNull(text) };

const NETWORK: Shape = {
  name: word,
  bridge: word,
  id: number,
  mac: text,
  mtu: number,
  ipv4: SUBNET,
  ipv6: SUBNET,
  forward: (value) => value === 'nat' || value === 'none' || value === 'route',
  serving: { ipv4: flag, ipv6: flag, dns: flag },
  labels: map,
};

function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'function') return shape(value);
  return isRecord(value) && Object.entries(shape).every(([member, inner]) => fits(value[member], inner));
}

function listOf(shape: Shape): Shape {
  return (value) => Array.isArray(value) && value.every((item) => fits(item, shape));
}

function isScript(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return fits(value, { file: optional(text), inline: optional(text), arguments: optional(listOf(text)) });
}

function optional(shape: Shape): Shape {
  return (value) => value === undefined || fits(value, shape);
}

function orNull(shape: Shape): Shape {
  return (value) => value === null || fits(value, shape);
}

function parse(json = 'null'): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
