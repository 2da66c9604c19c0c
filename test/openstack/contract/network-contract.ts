import type { Test } from 'tap';
import * as z from 'zod';
import { createUndo, refusal, services, type OpenBench } from './contract-bench.js';
import {
  floatingIpSchema,
  networkSchema,
  portSchema,
  routerSchema,
  securityGroupSchema,
  subnetSchema,
} from './contract-resources.js';

const signal = new AbortController().signal;

/** Networks, and what is refused of them while they are in use. */
export function testNetworkContract(t: Test, open: OpenBench, prefix: string): void {
  void t.test('networks hold what is on them, and go when it is gone', async (t) => {
    const { cloud, other } = await open(t);
    const { network } = services(cloud);
    const name = `${prefix}-net`;
    const undo = createUndo(t, cloud);
    const make = async <T>(path: string, key: string, schema: z.ZodType<T>, body: object): Promise<T> => {
      const made = await network.request('POST', path, {
        body: { [key]: body },
        schema: z.object({ [key]: schema }),
        signal,
      });
      return made[key] as T;
    };
    const net = await make('/networks', 'network', networkSchema, { name, mtu: 1400 });
    undo('network', `/networks/${net.id}`);
    t.match(net, {
      name,
      mtu: 1400,
      project_id: cloud.projectId,
      'router:external': false,
      port_security_enabled: true,
    });
    await network.send('PUT', `/networks/${net.id}/tags`, { body: { tags: ['a', 'b=1'] }, signal });
    const tagged = await network.list('/networks', 'networks', {
      schema: networkSchema,
      query: { tags: 'a,b=1', name },
      signal,
    });
    t.match(tagged, [{ id: net.id, tags: ['a', 'b=1'] }]);
    t.strictSame(
      await network.list('/networks', 'networks', { schema: networkSchema, query: { tags: 'a,c', name }, signal }),
      [],
    );

    const pools = [{ start: '172.16.17.200', end: '172.16.17.250' }];
    const inNet = { network_id: net.id, ip_version: 4, cidr: '172.16.17.0/24' };
    const subnet = await make('/subnets', 'subnet', subnetSchema, {
      ...inNet,
      name,
      gateway_ip: '172.16.17.1',
      allocation_pools: pools,
    });
    t.match(subnet, { cidr: '172.16.17.0/24', allocation_pools: pools, gateway_ip: '172.16.17.1' });
    t.match(await refusal(cloud, 'network', 'POST', '/subnets', { body: { subnet: inNet } }), {
      status: 400,
      type: 'InvalidInput',
    });

    const group = await make('/security-groups', 'security_group', securityGroupSchema, { name });
    undo('network', `/security-groups/${group.id}`);
    t.strictSame(
      group.security_group_rules.map(({ direction }) => direction),
      ['egress', 'egress'],
    );
    const rule = {
      security_group_id: group.id,
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
    };
    await network.send('POST', '/security-group-rules', { body: { security_group_rule: rule }, signal });
    t.match(await refusal(cloud, 'network', 'POST', '/security-group-rules', { body: { security_group_rule: rule } }), {
      status: 409,
      type: 'SecurityGroupRuleExists',
    });
    const rules = [{ ...rule, port_range_max: 23 }, rule];
    const several = { body: { security_group_rules: rules } };
    t.match(await refusal(cloud, 'network', 'POST', '/security-group-rules', several), { status: 409 });
    const groups = { schema: securityGroupSchema, query: { id: group.id }, signal };
    const [ruled] = await network.list('/security-groups', 'security_groups', groups);
    t.equal(ruled?.security_group_rules.length, 3, 'of several rules all are made, or none');

    const fixed = [{ subnet_id: subnet.id, ip_address: '172.16.17.2' }];
    const wanted = {
      network_id: net.id,
      name,
      mac_address: '52:54:00:10:01:02',
      fixed_ips: fixed,
      security_groups: [group.id],
    };
    const port = await make('/ports', 'port', portSchema, wanted);
    undo('network', `/ports/${port.id}`);
    t.match(port, {
      mac_address: '52:54:00:10:01:02',
      fixed_ips: fixed,
      status: 'DOWN',
      device_id: '',
      device_owner: '',
    });
    const taken: readonly [object, object][] = [
      [
        { network_id: net.id, fixed_ips: fixed },
        { status: 409, type: 'IpAddressAlreadyAllocated' },
      ],
      [
        { network_id: net.id, mac_address: '52:54:00:10:01:02' },
        { status: 409, type: 'MacAddressInUse' },
      ],
      [
        { network_id: net.id, fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.1.1.1' }] },
        { status: 400, type: 'InvalidIpForSubnet' },
      ],
    ];
    for (const [body, found] of taken)
      t.match(await refusal(cloud, 'network', 'POST', '/ports', { body: { port: body } }), found);

    const router = await make('/routers', 'router', routerSchema, { name });
    undo('network', `/routers/${router.id}`);
    t.equal(router.external_gateway_info, null);
    const [external] = await network.list('/networks', 'networks', {
      schema: networkSchema,
      query: { 'router:external': true },
      signal,
    });
    if (external) {
      const floating = { floating_network_id: external.id, port_id: port.id };
      t.match(await refusal(cloud, 'network', 'POST', '/floatingips', { body: { floatingip: floating } }), {
        status: 404,
        type: 'ExternalGatewayForFloatingIPNotFound',
      });
      const gateway = { router: { external_gateway_info: { network_id: external.id } } };
      await network.send('PUT', `/routers/${router.id}`, { body: gateway, signal });
    }
    const inRouter = { body: { subnet_id: subnet.id }, signal };
    await network.send('PUT', `/routers/${router.id}/add_router_interface`, inRouter);
    undo('network', `/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id });
    const query = { device_id: router.id, device_owner: 'network:router_interface' };
    const [inner] = await network.list('/ports', 'ports', { schema: portSchema, query, signal });
    t.match(inner, { fixed_ips: [{ subnet_id: subnet.id, ip_address: '172.16.17.1' }] });
    if (external) {
      const body = { floating_network_id: external.id, port_id: port.id };
      const floating = await make('/floatingips', 'floatingip', floatingIpSchema, body);
      undo('network', `/floatingips/${floating.id}`);
      t.match(floating, { port_id: port.id, fixed_ip_address: '172.16.17.2', router_id: router.id });
      const error = await refusal(cloud, 'network', 'PUT', `/routers/${router.id}/remove_router_interface`, inRouter);
      t.match(error, { status: 409, type: 'RouterInterfaceInUseByFloatingIP' });
    }
    t.match(await refusal(cloud, 'network', 'DELETE', `/routers/${router.id}`), { status: 409, type: 'RouterInUse' });
    t.match(await refusal(cloud, 'network', 'DELETE', `/ports/${inner?.id}`), {
      status: 409,
      type: 'ServicePortInUse',
    });
    t.match(await refusal(cloud, 'network', 'DELETE', `/networks/${net.id}`), { status: 409, type: 'NetworkInUse' });
    t.match(await refusal(cloud, 'network', 'DELETE', `/subnets/${subnet.id}`), { status: 409, type: 'SubnetInUse' });
    t.match(await refusal(cloud, 'network', 'DELETE', `/security-groups/${group.id}`), {
      status: 409,
      type: 'SecurityGroupInUse',
    });
    if (other) {
      t.match(await refusal(other, 'network', 'DELETE', `/ports/${port.id}`), { status: 404 });
      t.strictSame(
        await other.service('network').list('/ports', 'ports', { schema: portSchema, query: { name }, signal }),
        [],
      );
      const shared = external && (await refusal(other, 'network', 'DELETE', `/networks/${external.id}`));
      t.match(shared ?? { status: 403 }, { status: 403 });
    }
  });
}
