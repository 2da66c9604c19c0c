import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import type { LibvirtPool } from '../../src/libvirt/libvirt-pool.js';
import { testDomainXml, testNetworkXml } from './domain-xml.js';

/** libvirt copies the name into each handle, text and message: long enough that one left behind in each call is seen. */
const LONG = 'n'.repeat(2000);

const WARM_UP = 2000;
const CALLS = 20_000;

/** Makes many calls and prints by how many MiB the process has grown meanwhile, outside the JavaScript heap; needs `--expose-gc`. */
await using libvirt = await openLibvirt('test:///default');
const domain = await libvirt.defineDomain(testDomainXml(`${LONG}-domain`));
const network = await libvirt.defineNetwork(testNetworkXml(`${LONG}-network`));
await makeCalls(libvirt, WARM_UP);
const before = nativeMiB();
await makeCalls(libvirt, CALLS);
process.stdout.write(String(nativeMiB() - before));

async function makeCalls(pool: LibvirtPool, count: number): Promise<void> {
  for (let done = 0; done < count; done += 10) {
    const lookUps = Array.from({ length: 10 }, async () => pool.domainState(domain));
    const failures = Array.from({ length: 5 }, async () => pool.networkXml(`${LONG}-missing`).catch(() => {}));
    const others = [
      pool.domainXml(domain),
      pool.networkXml(network),
      pool.listDomains('urn:none'),
      pool.listNetworks(),
    ];
    await Promise.all([...lookUps, ...failures, ...others]);
  }
}

/** What is resident outside the JavaScript heap, whose size is for its collector to choose. */
function nativeMiB(): number {
  globalThis.gc?.();
  const { rss, heapTotal } = process.memoryUsage();
  return (rss - heapTotal) / 2 ** 20;
}
