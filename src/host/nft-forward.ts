/** A chain that ends what is forwarded. */
export interface DroppingChain {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

export interface NftForward {
  /** libvirt has a table of its own, by its nftables backend. */
  readonly libvirtTable: boolean;
  /** That table holds rules for networks: its chains for guests are not empty. */
  readonly libvirtRules: boolean;
  /** Base chains of the hook forward that drop by policy and have no rule for our bridges. iptables' own are left to it. */
  readonly dropping: readonly DroppingChain[];
}

const LIBVIRT_TABLE = 'libvirt_network';

/** @param json as `nft -j list ruleset` prints it. Source: libnftables-json(5) */
export function parseNftForward(json: string): NftForward {
  const objects = members(readJson(json), 'nftables');
  const chains = objects.flatMap((object) => record(object, 'chain'));
  const rules = objects.flatMap((object) => record(object, 'rule'));
  const dropping = chains
    .filter(({ hook, policy, table, name }) => {
      const iptables = table === 'filter' && name === 'FORWARD';
      return hook === 'forward' && policy === 'drop' && table !== LIBVIRT_TABLE && !iptables;
    })
    .filter(({ family, table, name }) => {
      const own = rules.filter(
        (rule) => rule['family'] === family && rule['table'] === table && rule['chain'] === name,
      );
      return !own.some(({ expr }) => {
        const text = JSON.stringify(expr);
        return text.includes('"bs*"') && text.includes('"accept"');
      });
    })
    .map(({ family, table, name }) => ({ family: String(family), table: String(table), chain: String(name) }));
  const libvirtRules = rules.some(
    ({ table, chain }) => table === LIBVIRT_TABLE && typeof chain === 'string' && chain.startsWith('guest_'),
  );
  return { libvirtTable: chains.some(({ table }) => table === LIBVIRT_TABLE), libvirtRules, dropping };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // nft without JSON says nothing that could be read
  }
}

function members(value: unknown, key: string): readonly unknown[] {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return Array.isArray(found) ? found : [];
}

function record(value: unknown, key: string): readonly Readonly<Record<string, unknown>>[] {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof found === 'object' && found !== null ? [found as Record<string, unknown>] : [];
}
