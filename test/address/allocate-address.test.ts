import fc from 'fast-check';
import t from 'tap';
import { createAddressPool, type AddressPool, type AddressPoolSettings } from '../../src/address/address-pool.js';
import { allocateAddress, subnetCidrs, type PoolPlace } from '../../src/address/allocate-address.js';
import { networksMeet } from '../../src/address/networks-meet.js';

const DEFAULTS: AddressPoolSettings = {
  ipv4Start: '172.16.0.0',
  ipv4PoolPrefix: 12,
  ipv4SlicePrefix: 20,
  ipv4SubnetPrefix: 24,
  macStart: '52:54:00:00:00:00',
  macSliceExtraPower: 8,
  ipv6Start: 'fd00:aaaa::',
};

function poolOf(settings: Partial<AddressPoolSettings> = {}): AddressPool {
  const pool = createAddressPool({ ...DEFAULTS, ...settings });
  if ('sliceCount' in pool) return pool;
  throw new Error(pool.map(({ message }) => message).join());
}

function problemsOf(settings: Partial<AddressPoolSettings>): readonly string[] {
  const pool = createAddressPool({ ...DEFAULTS, ...settings });
  return 'sliceCount' in pool ? [] : pool.map(({ key, message }) => `${key}: ${message}`);
}

t.test('the first VM of slice 1 on network 1 has the addresses of the documentation', async (t) => {
  t.strictSame(allocateAddress(poolOf(), { slice: 1, network: 1, offset: 2 }), {
    mac: '52:54:00:10:01:02',
    ipv4: '172.16.17.2',
    ipv6: 'fd00:aaaa:0:1001::2',
  });
  t.strictSame(subnetCidrs(poolOf(), 1, 1), { ipv4: '172.16.17.0/24', ipv6: 'fd00:aaaa:0:1001::/64' });
});

t.test('the default pool holds 256 slices of 16 networks of 253 VMs', async (t) => {
  t.match(poolOf(), { sliceCount: 256, networkCount: 16, maxOffset: 254 });
  t.match(allocateAddress(poolOf(), { slice: 255, network: 15, offset: 254 }), {
    mac: '52:54:0f:f0:0f:fe',
    ipv4: '172.31.255.254',
    ipv6: 'fd00:aaaa:f:f00f::fe',
  });
});

t.test('no two places of the default pool share an address or a MAC', async (t) => {
  const pool = poolOf();
  const seen = new Set<string>();
  let places = 0;
  for (let slice = 0; slice < pool.sliceCount; slice += 5) {
    for (let network = 0; network < pool.networkCount; network++) {
      for (let offset = 0; offset <= pool.maxOffset; offset += 3) {
        const { mac, ipv4, ipv6 } = allocateAddress(pool, { slice, network, offset });
        seen.add(mac).add(ipv4).add(ipv6);
        places++;
      }
    }
  }
  t.equal(seen.size, 3 * places);
});

/** Pools of any prefix lengths, with two places inside each. */
const poolsWithPlaces = fc
  .tuple(fc.integer({ min: 8, max: 28 }), fc.nat(8), fc.nat(6), fc.nat(8))
  .map(([poolPrefix, sliceBits, subnetBits, extra]) => {
    const slicePrefix = Math.min(29, poolPrefix + sliceBits);
    return poolOf({
      ipv4Start: '10.0.0.0',
      ipv4PoolPrefix: poolPrefix,
      ipv4SlicePrefix: slicePrefix,
      ipv4SubnetPrefix: Math.min(30, slicePrefix + subnetBits),
      macSliceExtraPower: extra,
    });
  })
  .chain((pool) => {
    const place = fc.record({
      slice: fc.nat(pool.sliceCount - 1),
      network: fc.nat(pool.networkCount - 1),
      offset: fc.nat(pool.maxOffset),
    });
    return fc.tuple(fc.constant(pool), place, place);
  });

function same(one: PoolPlace, other: PoolPlace): boolean {
  return one.slice === other.slice && one.network === other.network && one.offset === other.offset;
}

t.test('in pools of any prefix lengths two places never share an address or a MAC', async () => {
  const property = fc.property(poolsWithPlaces, ([pool, one, other]) => {
    fc.pre(!same(one, other));
    const [first, second] = [allocateAddress(pool, one), allocateAddress(pool, other)];
    return first.ipv4 !== second.ipv4 && first.ipv6 !== second.ipv6 && first.mac !== second.mac;
  });
  fc.assert(property, { numRuns: 5000, seed: 1 });
});

t.test('every address is in the network of its place, and in no other', async () => {
  const property = fc.property(poolsWithPlaces, ([pool, one, other]) => {
    const { ipv4, ipv6 } = allocateAddress(pool, one);
    const own = subnetCidrs(pool, one.slice, one.network);
    if (!networksMeet(own.ipv4, `${ipv4}/32`) || !networksMeet(own.ipv6, `${ipv6}/128`)) return false;
    if (one.slice === other.slice && one.network === other.network) return true;
    const foreign = subnetCidrs(pool, other.slice, other.network);
    return !networksMeet(foreign.ipv4, own.ipv4) && !networksMeet(foreign.ipv6, own.ipv6);
  });
  fc.assert(property, { numRuns: 5000, seed: 2 });
});

t.test('settings that leave no room are refused with their key', async (t) => {
  t.strictSame(problemsOf({ ipv4Start: '172.16.1.0' }), [
    'ipv4_start: 172.16.1.0 is not the start of a /20, the size of a slice',
  ]);
  t.match(problemsOf({ ipv4Start: '127.0.0.0' }), [/^ipv4_start: .*meets 127\.0\.0\.0\/8/]);
  t.match(problemsOf({ ipv4Start: '224.0.0.0' }), [/meets 224\.0\.0\.0\/3/]);
  t.match(problemsOf({ macStart: '53:54:00:00:00:00' }), [/^mac_start: .*multicast/]);
  t.match(problemsOf({ macStart: '52:ff:ff:00:00:00' }), [/^mac_start: .*too few addresses for 256 slices/]);
  t.match(problemsOf({ ipv6Start: 'fd00::1' }), [/^ipv6_start: fd00::1 is not the start of a \/64/]);
  t.match(problemsOf({ ipv6Start: 'ffff:ffff:ffff:ffff::' }), [/^ipv6_start: .*too few networks/]);
  t.match(problemsOf({ ipv6Start: 'ff02::' }), [/^ipv6_start: networks from ff02:: on meet ff00::\/8/]);
  t.match(problemsOf({ ipv6Start: '::' }), [/^ipv6_start: networks from :: on meet ::\/64/]);
});

t.test('a pool that starts in the middle of its range has fewer slices', async (t) => {
  t.equal(poolOf({ ipv4Start: '172.31.240.0' }).sliceCount, 1);
});
