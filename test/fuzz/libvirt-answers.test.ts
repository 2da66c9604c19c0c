import fc from 'fast-check';
import t from 'tap';
import { consoleText } from '../../src/cli/render/console-text.js';
import { renderSlices } from '../../src/cli/render/slices.js';
import { destroySlice } from '../../src/driver/libvirt/destroy-slice.js';
import { inspectSlices } from '../../src/driver/libvirt/inspect-slices.js';
import { fitNetworks } from '../../src/driver/libvirt/fit-networks.js';
import {
  METADATA_NAMESPACE,
  networkMetadata,
  parseBuildMetadata,
  parseNetworkMetadata,
  parseVmMetadata,
  vmMetadata,
} from '../../src/driver/libvirt/metadata.js';
import { networkDigest, networkXml, planBridges } from '../../src/driver/libvirt/network-xml.js';
import { detectPlatform } from '../../src/driver/libvirt/platform.js';
import { removeFromSlice } from '../../src/driver/libvirt/remove-from-slice.js';
import { slicePaths } from '../../src/filenames.js';
import { drawDot } from '../../src/graph/draw-dot.js';
import { drawMermaid } from '../../src/graph/draw-mermaid.js';
import { drawSvg } from '../../src/graph/draw-svg.js';
import type { LibvirtPool } from '../../src/libvirt/libvirt-pool.js';
import type { DomainSummary } from '../../src/libvirt/list-domains.js';
import type { NetworkSummary } from '../../src/libvirt/list-networks.js';
import { readNetworkDescription } from '../../src/libvirt/network-description.js';
import { buildXml, type XmlElementContent } from '../../src/libvirt/xml.js';
import { growPlan } from '../../src/slice/grow-plan.js';
import { listSlices } from '../../src/slice/list-slices.js';
import { findSlice } from '../../src/slice/standing-slice.js';
import { planOf } from '../plan/plan-of.js';
import { assertOrderly, FORGED, fuzz, FUZZ_LIMIT } from './fuzz.js';
import { hostileText, hostileValue, mutated } from './hostile.js';

const { signal } = new AbortController();
const context = { emit: () => undefined, signal };
const OWNERSHIP = { slice: 1, root: '/srv/virtbs', created: '2026-01-02T03:04:05.000Z', session: 's', expires: null };
const plan = await planOf(1, 'controller:1', 'disk:1');
const [bridge] = planBridges(plan);
const [vm] = plan.vms;
if (!bridge || !vm) throw new Error('no plan');

/** The element as libvirt answers it: without the prefix. */
function answered(content: XmlElementContent): string {
  return buildXml('metadata', content).replaceAll(/virtbs:|xmlns:virtbs="[^"]*" ?|<\/?metadata>/g, '');
}

const { hostname, role, offset, accessAddress, labels } = vm;
const OURS = { ...OWNERSHIP, hostname, role, offset, accessAddress, image: 'mini/b1', labels, plan: vm };
const VM = answered(vmMetadata(OURS));
const digest = networkDigest(plan, bridge);
const NETWORK = answered(networkMetadata({ ...OWNERSHIP, digest, plans: bridge.networks }));
const DESCRIPTION = networkXml(plan, bridge, OWNERSHIP);

/** A value of our own JSON with one part of it made something else. */
function altered(value: object): fc.Arbitrary<unknown> {
  return fc.tuple(fc.nat(), fc.oneof(hostileValue, fc.constant(undefined))).map(([place, other]) => {
    let left = place % 40;
    return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
      left-- === 0 ? (other ?? null) : part,
    ) as unknown;
  });
}

const element = (name: string) => (attributes: object) => {
  const printable = Object.entries(attributes).map(([key, value]) => [
    key,
    String(value).replaceAll(/[^\t\n -\uD7FF]/g, '?'),
  ]);
  return buildXml(name, { $: Object.fromEntries(printable) });
};
const number = fc.oneof(
  fc.constantFrom('1', '1', '1', '2', '01', '1e0', '-1', '99999999999999999999', ' 1'),
  hostileText,
);
const owner = {
  slice: number,
  root: fc.oneof(fc.constant('/srv/virtbs'), hostileText),
  created: hostileText,
  session: hostileText,
  expires: fc.oneof(fc.constant('2026-01-02T03:04:05.000Z'), hostileText),
};
const vmElements = fc.oneof(
  mutated([VM, NETWORK]),
  fc
    .record({
      ...owner,
      hostname: fc.oneof(fc.constant(hostname), hostileText),
      role: fc.oneof(fc.constant(role), hostileText),
      offset: number,
      address: hostileText,
      image: hostileText,
      labels: hostileValue.map((value) => JSON.stringify(value)),
      plan: fc.oneof(altered(vm), hostileValue).map((value) => JSON.stringify(value)),
    })
    .map(element('vm')),
);
const networkElements = fc.oneof(
  mutated([NETWORK]),
  fc
    .record({
      ...owner,
      digest: fc.oneof(fc.constant(digest), hostileText),
      plans: fc.oneof(altered(bridge.networks), hostileValue).map((value) => JSON.stringify(value)),
    })
    .map(element('network')),
);

/** A hypervisor that answers so, and tells what it was asked to destroy. */
function answering(domains: readonly DomainSummary[], networks: readonly NetworkSummary[]) {
  const gone: string[] = [];
  const destroy = async (uuid: string): Promise<void> => void gone.push(uuid);
  const libvirt: Partial<LibvirtPool> = {
    listDomains: async () => [...domains],
    listNetworks: async () => [...networks],
    askMonitor: () => Promise.reject(new Error('it has no monitor')),
    destroyDomain: destroy,
    destroyNetwork: destroy,
    undefineDomain: async () => undefined,
    undefineNetwork: async () => undefined,
    updateNetworkHosts: async () => undefined,
  };
  return { libvirt: libvirt as LibvirtPool, gone };
}

function domainOf(uuid: string, metadata: string | null): DomainSummary {
  const known = { id: 1, persistent: true, state: 'running', maxMemoryKiB: 1024, vcpus: 1 } as const;
  return { name: uuid, uuid, metadata, ...known, cpuTimeNanoseconds: 0 };
}

function networkOf(uuid: string, metadata: string | null, xml = DESCRIPTION): NetworkSummary {
  const known = { active: true, persistent: true, autostart: true };
  return { name: uuid, uuid, ...known, ...readNetworkDescription(xml, METADATA_NAMESPACE), metadata };
}

/** Objects of others, beside which the strange ones are. */
const FOREIGN_VM = domainOf('foreign', VM.replace('slice="1"', 'slice="10"'));
const NAMELESS_VM = domainOf('nameless', null);
const FOREIGN_NETWORK = networkOf('foreign-network', NETWORK.replace('slice="1"', 'slice="10"'));

t.setTimeout(FUZZ_LIMIT);
t.test('whatever metadata domains and networks carry, what is not of the slice is not touched', async (t) => {
  await fuzz(t, {
    name: 'metadata',
    cases: 1600,
    arbitrary: fc.tuple(vmElements, networkElements),
    regressions: [
      [VM.replace('slice="1"', 'slice="01"'), NETWORK],
      [VM.replace('hostname="controller-02"', 'hostname="../../../tmp/x"'), NETWORK],
      [`${VM}text`, NETWORK],
      ['\u001B]0;x\u0007', NETWORK],
    ],
    work: async ([strange, strangeNetwork]) => {
      const domains = [domainOf('strange', strange), FOREIGN_VM, NAMELESS_VM];
      const networks = [networkOf(bridge.uuid, strangeNetwork), FOREIGN_NETWORK];
      const { libvirt, gone } = answering(domains, networks);
      const states = await inspectSlices(libvirt, signal);
      const state = states.find(({ slice }) => slice === 1);
      await destroySlice(libvirt, { slice: 1, next: plan }, context);
      const paths = slicePaths('/nonexistent', 1);
      if (state) await removeFromSlice(state, { libvirt, paths }, context);
      const others = gone.filter((uuid) => uuid !== 'strange' && uuid !== bridge.uuid);
      if (others.length > 0) throw new Error(`destroyed ${others.join(' ')}`);
      if (gone.includes('strange') && !/\bslice=(['"])1\1/.test(strange)) throw new Error('destroyed what is not ours');
    },
  });
});

t.test('slices of any metadata can be listed, drawn and added to', async (t) => {
  await fuzz(t, {
    name: 'standing slices',
    cases: 700,
    arbitrary: fc.tuple(vmElements, networkElements),
    regressions: [
      [VM.replace('image="mini/b1"', `image="x&#xA;${FORGED}"`), NETWORK],
      [VM.replace('root="/srv/virtbs"', `root="x&#xA;${FORGED}"`), NETWORK],
      [VM.replace(/&quot;interfaces&quot;:\[.*?\]/, '&quot;interfaces&quot;:[null]'), NETWORK],
    ],
    work: async ([strange, strangeNetwork]) => {
      const { libvirt } = answering([domainOf('strange', strange)], [networkOf(bridge.uuid, strangeNetwork)]);
      const states = await inspectSlices(libvirt, signal);
      const driver = {
        inspect: async () => states,
        usage: async () => ({ host: null, vms: [] }),
      } as never;
      const table = renderSlices(await listSlices(driver, {}, context));
      assertOrderly(table);
      const options = { slice: 1, driver, root: '/srv/virtbs', outputDirectory: '/nonexistent' };
      for (const { slice } of states) {
        const found = await findSlice(
          {
            ...options,
            slice,
            driver: { features: {}, inspect: async () => states.filter((each) => each.slice === slice) } as never,
          },
          context,
        );
        if (!found) continue;
        const graph = { plan: found.plan, powers: new Map<string, string>() };
        for (const draw of [drawDot, drawMermaid, drawSvg]) draw(graph);
        growPlan(found.plan, plan, { prune: true });
      }
    },
  });
});

t.test('descriptions of networks are understood or refused', async (t) => {
  await fuzz(t, {
    name: 'network descriptions',
    cases: 800,
    arbitrary: fc.oneof(mutated([DESCRIPTION]), hostileText),
    regressions: [`${DESCRIPTION}text`, DESCRIPTION.replaceAll('virtbs:network', 'virtbs:.network')],
    work: async (xml) => {
      const network = networkOf(bridge.uuid, NETWORK, xml);
      for (const metadata of [network.metadata, readNetworkDescription(xml, METADATA_NAMESPACE).metadata, xml]) {
        if (metadata === null) continue;
        parseVmMetadata(metadata);
        parseNetworkMetadata(metadata);
        parseBuildMetadata(metadata);
      }
      await fitNetworks(plan, [network], { ...answering([], [network]), signal });
    },
  });
});

const CAPABILITIES = `<domainCapabilities><path>/usr/bin/qemu</path><domain>kvm</domain><arch>x86_64</arch></domainCapabilities>`;
const GUESTS = `<capabilities><guest><os_type>hvm</os_type><arch name='x86_64'><wordsize>64</wordsize></arch></guest></capabilities>`;

t.test('so is what a hypervisor says that it can do', async (t) => {
  await fuzz(t, {
    name: 'capabilities',
    cases: 200,
    arbitrary: fc.tuple(fc.constantFrom('QEMU', 'TEST'), fc.oneof(mutated([CAPABILITIES, GUESTS]), hostileText)),
    work: async ([type, xml]) => {
      const libvirt = {
        identity: async () => ({ type }),
        domainCapabilities: async () => xml,
        capabilities: async () => xml,
      };
      await detectPlatform(libvirt as never, { ...context, isNew: async () => true });
    },
  });
});

const SEQUENCES = [
  '\u001B[31m',
  '\u001B[0m',
  '\u001B[2J',
  '\u001B]52;c;aWQ=\u0007',
  '\u001BP$qm\u001B\\',
  '\u001Bc',
  '\u009B6n',
  '\u0005',
  '\r\n',
];

t.test('of what a guest writes to its console only text and colours reach the terminal', async (t) => {
  await fuzz(t, {
    name: 'consoles',
    cases: 200,
    arbitrary: fc.array(fc.oneof(fc.constantFrom(...SEQUENCES), hostileText), { maxLength: 6 }),
    regressions: SEQUENCES.map((sequence) => [sequence]),
    work: (parts) => {
      const shown = consoleText(Buffer.from(parts.join('')));
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      const rest = shown.replaceAll(/\u001B\[[\d;]*m/g, '').replaceAll(/[\r\n\t\b]/g, '');
      if (/\p{Cc}/u.test(rest)) throw new Error(JSON.stringify(shown));
    },
  });
});
