import * as z from 'zod';
import { isCloudError } from '../../openstack/cloud-error.js';
import type { VmPlan } from '../../plan/plan.js';
import type { Ground, GroundNetwork } from './create-ground.js';
import { writeMark, type Mark } from './mark.js';
import { partName } from './part-name.js';
import { floatingIpSchema, portSchema } from './resources.js';
import { settleAll } from '../../settle-all.js';
import type { Site } from './site.js';
import ipaddr from 'ipaddr.js';

export interface PortRequest {
  readonly vm: VmPlan;
  readonly ground: Ground;
  readonly mark: Mark;
  readonly signal: AbortSignal;
}

/** Makes the ports of a VM with their planned MACs and addresses; their ids in the order of the VM's interfaces. */
export async function createPorts(site: Site, { vm, ground, mark, signal }: PortRequest): Promise<readonly string[]> {
  const service = site.cloud.service('network');
  return await settleAll(
    vm.interfaces.map(async ({ network, mac, ipv4, ipv6 }) => {
      const place = ground.networks.get(network);
      if (!place) throw new Error(`${vm.hostname} has a NIC on "${network}", which was not made`);
      const open = site.settings.openPorts.includes(network);
      const addresses = [ipv4, ipv6].flatMap((address) => fixedIp(place, address));
      const planned = { mac_address: mac, ...(addresses.length > 0 && { fixed_ips: addresses }) };
      const port = {
        network_id: place.id,
        name: partName(vm, network),
        description: writeMark(mark),
        ...(open ? { port_security_enabled: false, security_groups: [] } : { security_groups: [ground.securityGroup] }),
      };
      const schema = z.object({ port: portSchema });
      const create = async (body: object): Promise<string> =>
        (await service.request('POST', '/ports', { body: { port: body }, schema, signal })).port.id;
      try {
        return await create({ ...port, ...planned });
      } catch (error) {
        // Only the owner of a network may choose what is on it.
        if (!place.existing || !isCloudError(error, 403)) throw error;
        return await create(port);
      }
    }),
  );
}

/** The address where a subnet of the network has room for it; on a network that is not ours the cloud may have to choose. */
function fixedIp({ subnets }: GroundNetwork, address: string): readonly object[] {
  const parsed = ipaddr.parse(address);
  const subnet = subnets.find(({ cidr }) => {
    const range = ipaddr.parseCIDR(cidr);
    return range[0].kind() === parsed.kind() && parsed.match(range);
  });
  return subnet ? [{ subnet_id: subnet.id, ip_address: address }] : [];
}

/** Gives a port an address of the external network. */
export async function createFloatingIp(
  site: Site,
  {
    external,
    port,
    mark,
    signal,
  }: Pick<PortRequest, 'mark' | 'signal'> & { readonly external: string; readonly port: string },
): Promise<void> {
  const floatingip = { floating_network_id: external, port_id: port, description: writeMark(mark) };
  const schema = z.object({ floatingip: floatingIpSchema });
  await site.cloud.service('network').request('POST', '/floatingips', { body: { floatingip }, schema, signal });
}
