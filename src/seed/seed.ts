import { stringify } from 'yaml';
import type { InterfacePlan, NetworkPlan, SlicePlan, VmPlan } from '../plan/plan.js';
import { mergeUserData } from './merge-user-data.js';
import type { FirstBootContent } from './read-first-boot.js';

/**
 * The seed of a guest for its first boot: the three files of cloud-init's NoCloud data source.
 *
 * Source: https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
 */
export interface Seed {
  readonly metaData: string;
  readonly userData: string;
  readonly networkConfig: string;
  /** A digest of what the guest is given over ssh at its first boot; a checkpoint of other files or scripts is another one. */
  readonly steps?: string;
}

/** A file that a guest gets at its first boot; only its root can read it. */
export interface SeedFile {
  /** Absolute, in the guest. */
  readonly path: string;
  readonly content: string;
}

/** The keys of a VM: who may log in, and as whom the VM shows itself; and what a person wants it to have. */
export interface SeedContent {
  /** What it is given at its first boot, where that is anything. */
  readonly firstBoot?: FirstBootContent | undefined;
  /** The public key that may log in, one line of an authorized_keys file. */
  readonly authorizedKey: string;
  /** The VM's own ed25519 key in OpenSSH's format. */
  readonly hostPrivateKey: string;
  readonly hostPublicKey: string;
  /** Files that somebody gave the VM; none where not given. */
  readonly files?: readonly SeedFile[];
}

/** The user that every guest gets whose plan names no other. */
export const GUEST_USER = 'stack';

/**
 * cloud-init reads YAML 1.1, in which an unquoted `52:54:00:10:01:02` is a number in base 60. No line is folded: that would
 * change nothing for a YAML reader, but much for a person with grep.
 */
const YAML_OPTIONS = { version: '1.1', lineWidth: 0 } as const;

export function buildSeed(plan: SlicePlan, vm: VmPlan, content: SeedContent): Seed {
  const { userData = null, userDataName = '', steps = null } = content.firstBoot ?? {};
  return {
    metaData: stringify({ 'instance-id': vm.uuid, 'local-hostname': vm.hostname }, YAML_OPTIONS),
    userData: mergeUserData(ownUserData(plan, vm, content), userData, userDataName),
    networkConfig: stringify(networkConfig(plan, vm), YAML_OPTIONS),
    ...(steps !== null && { steps }),
  };
}

function ownUserData(plan: SlicePlan, vm: VmPlan, content: SeedContent): Readonly<Record<string, unknown>> {
  return {
    hostname: vm.hostname,
    preserve_hostname: false,
    manage_etc_hosts: false,
    users: [
      {
        name: vm.user ?? GUEST_USER,
        gecos: 'virtbs',
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        shell: '/bin/bash',
        lock_passwd: true,
        ssh_authorized_keys: [content.authorizedKey, ...(content.firstBoot?.authorizedKeys ?? [])],
      },
    ],
    disable_root: true,
    ssh_pwauth: false,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: content.hostPrivateKey, ed25519_public: content.hostPublicKey },
    write_files: [
      { path: '/etc/hosts', permissions: '0644', content: etcHosts(plan, vm) },
      ...(content.files ?? []).map((file) => ({
        path: file.path,
        permissions: '0600',
        owner: 'root:root',
        content: file.content,
      })),
    ],
  };
}

/** Every VM of the slice by the addresses that this VM can reach it at: those on the networks they share. */
function etcHosts(plan: SlicePlan, vm: VmPlan): string {
  const networks = new Set(vm.interfaces.map(({ network }) => network));
  const lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback'];
  for (const peer of plan.vms) {
    for (const { network, ipv4, ipv6 } of peer.interfaces) {
      if (networks.has(network)) lines.push(`${ipv4} ${peer.hostname}`, `${ipv6} ${peer.hostname}`);
    }
  }
  if (!lines.some((line) => line.endsWith(` ${vm.hostname}`))) lines.push(`127.0.1.1 ${vm.hostname}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Before the names of interfaces, so that systemd-networkd, which takes the first file that fits, takes ours: images of Debian
 * for some clouds bring a file for every NIC, `90-default.yaml`.
 */
const FIRST = '00-';

/**
 * Network configuration version 2: every NIC by its MAC, with its planned addresses and nothing else; the default route
 * and the name server are those of the first network.
 *
 * Source: https://cloudinit.readthedocs.io/en/latest/reference/network-config-format-v2.html
 */
function networkConfig(plan: SlicePlan, vm: VmPlan): object {
  const ethernets = vm.interfaces.map((nic, index) => {
    const network = plan.networks.find(({ name }) => name === nic.network);
    if (!network) throw new Error(`${vm.hostname} has a NIC on "${nic.network}", which is not in the plan`);
    return [`${FIRST}net${index}`, ethernet(nic, network, index === 0)] as const;
  });
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}

function ethernet(nic: InterfacePlan, network: NetworkPlan, first: boolean): object {
  const prefix = (cidr: string): string => cidr.slice(cidr.indexOf('/'));
  const routes = [
    { to: '0.0.0.0/0', via: network.ipv4.host },
    { to: '::/0', via: network.ipv6.host },
  ].filter(({ via }) => via !== null);
  return {
    match: { macaddress: nic.mac },
    dhcp4: false,
    dhcp6: false,
    'accept-ra': false,
    addresses: [`${nic.ipv4}${prefix(network.ipv4.cidr)}`, `${nic.ipv6}${prefix(network.ipv6.cidr)}`],
    ...(first && routes.length > 0 && { routes }),
    ...(first && network.serving.dns && { nameservers: { addresses: [network.ipv4.host] } }),
    mtu: network.mtu,
  };
}
