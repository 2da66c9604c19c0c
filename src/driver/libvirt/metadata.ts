import { isAbsolute } from 'node:path';
import { attribute, child } from '../../libvirt/xml-element.js';
import { parseXml, type XmlElementContent } from '../../libvirt/xml.js';
import { isHostName, parseNetworkPlans, parseVmPlan } from '../../plan/parse-plan.js';
import type { NetworkPlan, VmPlan } from '../../plan/plan.js';
import type { Ownership } from '../ownership.js';

/** The XML namespace of our metadata; what carries an element of it is ours, whatever its name. */
export const METADATA_NAMESPACE = 'urn:virtbs:metadata:1';

export interface VmMetadata extends Ownership {
  readonly hostname: string;
  readonly role: string;
  readonly offset: number;
  readonly accessAddress: string | null;
  /** `SLOT/BUILD` */
  readonly image: string | null;
  readonly labels: Readonly<Record<string, unknown>>;
  /** The plan that the VM was made from; null where it was not recorded. */
  readonly plan: VmPlan | null;
}

/** The `<metadata>` of a domain. */
export function vmMetadata(metadata: VmMetadata): XmlElementContent {
  const { accessAddress, image, labels, plan, expires, ...rest } = metadata;
  const attributes = {
    ...rest,
    ...(expires !== null && { expires }),
    ...(accessAddress !== null && { address: accessAddress }),
    ...(image !== null && { image }),
    ...(Object.keys(labels).length > 0 && { labels: xmlJson(labels) }),
    ...(plan !== null && { plan: xmlJson(plan) }),
  };
  return { 'virtbs:vm': { $: { 'xmlns:virtbs': METADATA_NAMESPACE, ...attributes } } };
}

export interface NetworkMetadata extends Ownership {
  /** A digest of all that the network was defined with but its metadata and its hosts. */
  readonly digest: string;
  /** The networks of the plan that share the bridge; none where they were not kept. */
  readonly plans: readonly NetworkPlan[];
}

/** The `<metadata>` of a network. */
export function networkMetadata(metadata: NetworkMetadata): XmlElementContent {
  const { plans, expires, ...rest } = metadata;
  const attributes = {
    ...rest,
    ...(expires !== null && { expires }),
    ...(plans.length > 0 && { plans: xmlJson(plans) }),
  };
  return { 'virtbs:network': { $: { 'xmlns:virtbs': METADATA_NAMESPACE, ...attributes } } };
}

/** JSON in which all that XML cannot carry is escaped: what JSON escapes anyway, and two more. Source: XML 1.0, 2.2 */
function xmlJson(value: object): string {
  return JSON.stringify(value).replaceAll(/[\uFFFE\uFFFF]/g, (found) => `\\u${found.charCodeAt(0).toString(16)}`);
}

/** The metadata of a VM or a network that builds an image. It belongs to no slice. */
export interface BuildOwnership {
  /** The image slot. */
  readonly slot: string;
  readonly root: string;
  /** ISO 8601, UTC. */
  readonly created: string;
}

/** The `<metadata>` of what builds an image. */
export function buildMetadata(ownership: BuildOwnership): XmlElementContent {
  return { 'virtbs:build': { $: { 'xmlns:virtbs': METADATA_NAMESPACE, ...ownership } } };
}

/** Reads the metadata element of what builds an image; null where it is not one that we write. */
export function parseBuildMetadata(xml: string): BuildOwnership | null {
  const element = parseElement(xml, 'build');
  const slot = attribute(element, 'slot');
  const root = attribute(element, 'root');
  if (slot === undefined || root === undefined) return null;
  return { slot, root, created: attribute(element, 'created') ?? '' };
}

/** Reads a domain's metadata element; null where it is not one that we write. */
export function parseVmMetadata(xml: string): VmMetadata | null {
  const element = parseElement(xml, 'vm');
  const ownership = parseOwnership(element);
  const hostname = attribute(element, 'hostname');
  const role = attribute(element, 'role');
  if (!ownership || hostname === undefined || !isHostName(hostname) || role === undefined) return null;
  return {
    ...ownership,
    hostname,
    role,
    offset: Number.parseInt(attribute(element, 'offset') ?? '0', 10) || 0,
    accessAddress: attribute(element, 'address') ?? null,
    image: attribute(element, 'image') ?? null,
    labels: parseLabels(attribute(element, 'labels')),
    plan: parseVmPlan(attribute(element, 'plan')),
  };
}

/** Reads a network's metadata element; null where it is not one that we write. */
export function parseNetworkMetadata(xml: string): NetworkMetadata | null {
  const element = parseElement(xml, 'network');
  const ownership = parseOwnership(element);
  if (!ownership) return null;
  const digest = attribute(element, 'digest') ?? '';
  return { ...ownership, digest, plans: parseNetworkPlans(attribute(element, 'plans')) };
}

/** The prefix is whatever libvirt kept of ours: it may have been dropped in favour of a default namespace. */
function parseElement(xml: string, name: string): unknown {
  const document = parseXml(xml);
  return child(document, `virtbs:${name}`) ?? child(document, name);
}

/** A number as we write it: no two texts mean the same slice. */
const SLICE = /^(?:0|[1-9][0-9]{0,6})$/;

function isRoot(text: string): boolean {
  return isAbsolute(text) && !/\p{Cc}/u.test(text);
}

function parseOwnership(element: unknown): Ownership | null {
  const slice = attribute(element, 'slice');
  const root = attribute(element, 'root');
  if (slice === undefined || !SLICE.test(slice) || root === undefined || !isRoot(root)) return null;
  const created = attribute(element, 'created') ?? '';
  const session = attribute(element, 'session') ?? '';
  return { slice: Number(slice), root, created, session, expires: parseTime(attribute(element, 'expires')) };
}

/** A time that cannot be read is none: what may never end is safer than what ends at any time. */
function parseTime(text: string | undefined): string | null {
  return text === undefined || Number.isNaN(Date.parse(text)) ? null : text;
}

function parseLabels(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const labels: unknown = JSON.parse(text);
    return typeof labels === 'object' && labels !== null ? { ...labels } : {};
  } catch {
    return {};
  }
}
