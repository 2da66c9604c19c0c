import { randomUUID } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import {
  FakeRefusal,
  filterBy,
  mapAt,
  pageOf,
  textAt,
  type FakeAnswer,
  type FakeRequest,
  type FakeRoute,
} from './fake-request.js';

interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

type Item = Record<string, unknown> & { readonly id: string; project_id: string };
type Kind = 'network' | 'subnet' | 'port' | 'router' | 'security_group' | 'floatingip' | 'security_group_rule';

/** Neutron in memory: what belongs together, what is in use and what a project may have. */
export class FakeNetwork {
  readonly items: Record<Kind, Item[]> = {
    network: [],
    subnet: [],
    port: [],
    router: [],
    security_group: [],
    floatingip: [],
    security_group_rule: [],
  };

  readonly quotas: Record<Kind, number> = {
    network: 100,
    subnet: 100,
    port: 500,
    router: 10,
    security_group: 10,
    floatingip: 50,
    security_group_rule: 100,
  };

  readonly publicNetwork: string;

  constructor() {
    const network = this.#add('network', 'admin', {
      ...networkDefaults('public'),
      'router:external': true,
      shared: true,
    });
    this.publicNetwork = network.id;
    this.#addSubnet('admin', {
      network_id: network.id,
      name: 'public',
      ip_version: 4,
      cidr: '10.98.0.0/24',
      gateway_ip: '10.98.0.1',
      allocation_pools: [{ start: '10.98.0.100', end: '10.98.0.250' }],
    });
  }

  routes(): readonly FakeRoute[] {
    return [
      ['GET', /^\/extensions$/, () => ({ status: 200, body: { extensions: EXTENSIONS.map((alias) => ({ alias })) } })],
      ['GET', /^\/quotas\/([^/]+)\/details(?:\.json)?$/, (request, project) => this.#quota(request, project ?? '')],
      ['GET', /^\/([a-z-]+)$/, (request, plural) => this.#list(request, kindOf(plural))],
      ['POST', /^\/([a-z-]+)$/, (request, plural) => this.#create(request, kindOf(plural))],
      ['GET', /^\/([a-z-]+)\/([^/]+)$/, (request, plural, id) => this.#show(request, kindOf(plural), id)],
      ['PUT', /^\/([a-z-]+)\/([^/]+)$/, (request, plural, id) => this.#update(request, kindOf(plural), id)],
      ['DELETE', /^\/([a-z-]+)\/([^/]+)$/, (request, plural, id) => this.#delete(request, kindOf(plural), id)],
      ['PUT', /^\/([a-z-]+)\/([^/]+)\/tags$/, (request, plural, id) => this.#tag(request, kindOf(plural), id)],
      ['PUT', /^\/routers\/([^/]+)\/add_router_interface$/, (request, id) => this.#addInterface(request, id)],
      ['PUT', /^\/routers\/([^/]+)\/remove_router_interface$/, (request, id) => this.#removeInterface(request, id)],
    ];
  }

  /** What nova sees of a port before it takes a server on: one that another is just being built with looks free. */
  assertFree(wanted: Readonly<Record<string, unknown>>): void {
    const named = textAt(wanted, 'port');
    if (named === undefined) return;
    const port = this.items.port.find(({ id }) => id === named);
    if (!port) throw badServer(`Port id ${named} could not be found.`);
    if (port['device_id'] !== '') throw badServer(`Port ${named} is still in use.`, 409);
  }

  /** Gives a server the port that is named, or a new one on a network. */
  attach(projectId: string, wanted: Readonly<Record<string, unknown>>, serverId: string): void {
    this.assertFree(wanted);
    const named = this.items.port.find(({ id }) => id === textAt(wanted, 'port'));
    const body = { network_id: textAt(wanted, 'uuid'), ...fixedIpOf(wanted) };
    const port = named ?? this.#addPort(projectId, body);
    const ours = named !== undefined;
    Object.assign(port, { device_id: serverId, device_owner: 'compute:nova', ours, status: 'ACTIVE' });
  }

  /** Lets a server's ports go: those that were made with it are gone. */
  detach(serverId: string): void {
    for (const port of [...this.items.port]) {
      if (port['device_id'] !== serverId) continue;
      if (port['ours'] === true) Object.assign(port, { device_id: '', device_owner: '', status: 'DOWN' });
      else this.#removePort(port);
    }
  }

  portsOf(deviceId: string): readonly Item[] {
    return this.items.port.filter((port) => port['device_id'] === deviceId);
  }

  network(id: unknown): Item | undefined {
    return this.items.network.find((network) => network.id === id);
  }

  floatingIpsOf(portId: string): readonly Item[] {
    return this.items.floatingip.filter((address) => address['port_id'] === portId);
  }

  #visible(projectId: string, kind: Kind): Item[] {
    if (kind === 'security_group') this.#defaultGroup(projectId);
    return this.items[kind].filter((item) => {
      const network = kind === 'subnet' ? this.network(item['network_id']) : item;
      return item.project_id === projectId || network?.['shared'] === true;
    });
  }

  #find({ projectId }: FakeRequest, kind: Kind, id: string | undefined): Item {
    const found = this.#visible(projectId, kind).find((item) => item.id === id);
    if (!found) throw refuse(404, `${NAMES[kind].type}NotFound`, `${NAMES[kind].words} ${id} could not be found.`);
    return found;
  }

  #list(request: FakeRequest, kind: Kind): FakeAnswer {
    const items = filterBy(
      request.query,
      this.#visible(request.projectId, kind).map((item) => this.#view(kind, item)),
    );
    const key = NAMES[kind].plural;
    return pageOf(request, items, { key, link: (href) => ({ [`${key}_links`]: [{ rel: 'next', href }] }) });
  }

  #show(request: FakeRequest, kind: Kind, id: string | undefined): FakeAnswer {
    return { status: 200, body: { [kind]: this.#view(kind, this.#find(request, kind, id)) } };
  }

  #view(kind: Kind, item: Item): Item {
    const { ours: _, ...shown } = item;
    const subnets = this.items.subnet.filter((subnet) => subnet['network_id'] === item.id).map(({ id }) => id);
    const rules = this.items.security_group_rule.filter((rule) => rule['security_group_id'] === item.id);
    if (kind === 'network') return { ...shown, subnets };
    if (kind === 'security_group') return { ...shown, security_group_rules: rules };
    return shown;
  }

  #create({ projectId, body }: FakeRequest, kind: Kind): FakeAnswer {
    const { plural } = NAMES[kind];
    const several = body[plural];
    const made = Array.isArray(several)
      ? { [plural]: this.#createAll(projectId, kind, several as readonly Record<string, unknown>[]) }
      : { [kind]: this.#createOne(projectId, kind, mapAt(body, kind)) };
    return { status: 201, body: made };
  }

  /** Of several all are made, or none. */
  #createAll(projectId: string, kind: Kind, bodies: readonly Record<string, unknown>[]): readonly unknown[] {
    const before = Object.values(this.items).map((items) => ({ items, length: items.length }));
    try {
      return bodies.map((body) => this.#createOne(projectId, kind, body));
    } catch (error) {
      for (const { items, length } of before) items.splice(length);
      throw error;
    }
  }

  #createOne(projectId: string, kind: Kind, body: Record<string, unknown>): unknown {
    const used = this.items[kind].filter((item) => item.project_id === projectId).length;
    if (used >= this.quotas[kind]) throw refuse(409, 'OverQuota', `Quota exceeded for resources: ['${kind}'].`);
    return this.#view(kind, this.#make(projectId, kind, body));
  }

  #make(projectId: string, kind: Kind, body: Record<string, unknown>): Item {
    switch (kind) {
      case 'network':
        return this.#add('network', projectId, { ...networkDefaults(''), ...body });
      case 'subnet':
        return this.#addSubnet(projectId, body);
      case 'port':
        this.#assertMayChoose(projectId, body);
        return this.#addPort(projectId, body);
      case 'router':
        return this.#addRouter(projectId, body);
      case 'floatingip':
        return this.#addFloatingIp(projectId, body);
      case 'security_group':
        return this.#addGroup(projectId, body);
      case 'security_group_rule':
        return this.#addRule(projectId, body);
    }
  }

  #add(kind: Kind, projectId: string, body: Record<string, unknown>): Item {
    const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const common = { description: '', tags: [], created_at: time, updated_at: time };
    const item: Item = { id: randomUUID(), name: '', ...common, ...body, project_id: projectId, tenant_id: projectId };
    this.items[kind].push(item);
    return item;
  }

  #addSubnet(projectId: string, body: Record<string, unknown>): Item {
    const cidr = textAt(body, 'cidr') ?? '';
    const network = this.network(body['network_id']);
    if (!network) throw refuse(404, 'NetworkNotFound', `Network ${String(body['network_id'])} could not be found.`);
    const [address, prefix] = ipaddr.parseCIDR(cidr);
    const overlaps = this.items.subnet.some((other) => {
      if (other['network_id'] !== network.id) return false;
      const [base, length] = ipaddr.parseCIDR(String(other['cidr']));
      return base.kind() === address.kind() && base.match(address, Math.min(length, prefix));
    });
    if (overlaps) {
      const what = `Requested subnet with cidr: ${cidr} for network: ${network.id} overlaps with another subnet.`;
      throw refuse(400, 'InvalidInput', `Invalid input for operation: ${what}`);
    }
    const first = addressIn(cidr, 1);
    const gateway = body['gateway_ip'] === undefined ? first : body['gateway_ip'];
    const pools = [{ start: addressIn(cidr, 2), end: addressIn(cidr, 254) }];
    const defaults = {
      enable_dhcp: true,
      dns_nameservers: [],
      host_routes: [],
      ipv6_ra_mode: null,
      ipv6_address_mode: null,
    };
    const subnet = this.#add('subnet', projectId, {
      ...defaults,
      allocation_pools: pools,
      ...body,
      gateway_ip: gateway,
    });
    if (subnet['enable_dhcp'] === true && network['router:external'] !== true) {
      const port = this.#addPort(projectId, { network_id: network.id, fixed_ips: [{ subnet_id: subnet.id }] });
      Object.assign(port, {
        device_id: `dhcp-${network.id}`,
        device_owner: 'network:dhcp',
        status: 'ACTIVE',
        security_groups: [],
      });
    }
    return subnet;
  }

  /** On a network of somebody else neither MAC nor address may be chosen. */
  #assertMayChoose(projectId: string, body: Record<string, unknown>): void {
    const owner = this.network(body['network_id'])?.project_id;
    if (owner === undefined || owner === projectId) return;
    const addresses = (body['fixed_ips'] ?? []) as readonly object[];
    if (!('mac_address' in body) && !addresses.some((address) => 'ip_address' in address)) return;
    throw refuse(403, 'PolicyNotAuthorized', 'rule:create_port:mac_address is disallowed by policy');
  }

  #addPort(projectId: string, body: Record<string, unknown>): Item {
    const network = this.network(body['network_id']);
    if (!network) throw refuse(404, 'NetworkNotFound', `Network ${String(body['network_id'])} could not be found.`);
    const subnets = this.items.subnet.filter((subnet) => subnet['network_id'] === network.id);
    const wanted = (body['fixed_ips'] ??
      subnets.slice(0, 1).map(({ id }) => ({ subnet_id: id }))) as Partial<FixedIp>[];
    const fixed = wanted.map((one) => this.#allocate(subnets, one));
    const mac =
      textAt(body, 'mac_address') ??
      `fa:16:3e:${randomUUID()
        .slice(0, 6)
        .replaceAll(/(..)(?=.)/g, '$1:')}`;
    const sameMac = this.items.port.some((port) => port['mac_address'] === mac && port['network_id'] === network.id);
    if (sameMac) {
      const what = `Unable to complete operation for network ${network.id}. The mac address ${mac} is in use.`;
      throw refuse(409, 'MacAddressInUse', what);
    }
    const secure = body['port_security_enabled'] !== false;
    return this.#add('port', projectId, {
      status: 'DOWN',
      device_id: '',
      device_owner: '',
      admin_state_up: true,
      port_security_enabled: secure,
      security_groups: secure ? [this.#defaultGroup(projectId).id] : [],
      allowed_address_pairs: [],
      ...body,
      mac_address: mac,
      fixed_ips: fixed,
    });
  }

  #allocate(subnets: readonly Item[], wanted: Partial<FixedIp>): FixedIp {
    const { ip_address: address } = wanted;
    const subnet = subnets.find(
      ({ id, cidr }) => (wanted.subnet_id ?? id) === id && (address === undefined || isIn(address, String(cidr))),
    );
    if (!subnet)
      throw refuse(400, 'InvalidIpForSubnet', `IP address ${address} is not a valid IP for the specified subnet.`);
    const isTaken = (candidate: string): boolean =>
      this.items.port.some((port) =>
        (port['fixed_ips'] as FixedIp[]).some((ip) => ip.subnet_id === subnet.id && ip.ip_address === candidate),
      );
    if (address !== undefined) {
      if (!isTaken(address)) return { subnet_id: subnet.id, ip_address: address };
      const what = `IP address ${address} already allocated in subnet ${subnet.id}`;
      throw refuse(409, 'IpAddressAlreadyAllocated', what);
    }
    for (const { start, end } of subnet['allocation_pools'] as { start: string; end: string }[]) {
      for (let next = start; ; next = successor(next)) {
        if (!isTaken(next) && next !== subnet['gateway_ip']) return { subnet_id: subnet.id, ip_address: next };
        if (next === end) break;
      }
    }
    throw refuse(
      409,
      'IpAddressGenerationFailure',
      `No more IP addresses available on network ${String(subnet['network_id'])}.`,
    );
  }

  #addRouter(projectId: string, body: Record<string, unknown>): Item {
    const router = this.#add('router', projectId, {
      status: 'ACTIVE',
      admin_state_up: true,
      ...body,
      external_gateway_info: null,
    });
    this.#setGateway(router, body['external_gateway_info']);
    return router;
  }

  #setGateway(router: Item, info: unknown): void {
    const old = this.items.port.find(
      (port) => port['device_id'] === router.id && port['device_owner'] === 'network:router_gateway',
    );
    if (old) this.#removePort(old);
    router['external_gateway_info'] = null;
    if (typeof info !== 'object' || info === null) return;
    const port = this.#addPort('', { network_id: textAt(info as Record<string, unknown>, 'network_id') });
    Object.assign(port, { device_id: router.id, device_owner: 'network:router_gateway', security_groups: [] });
    router['external_gateway_info'] = {
      network_id: port['network_id'],
      enable_snat: true,
      external_fixed_ips: port['fixed_ips'],
    };
  }

  #addInterface(request: FakeRequest, id: string | undefined): FakeAnswer {
    const router = this.#find(request, 'router', id);
    const subnet = this.#find(request, 'subnet', textAt(request.body, 'subnet_id'));
    const address = String(subnet['gateway_ip']);
    if (this.portsOf(router.id).some((one) => (one['fixed_ips'] as FixedIp[])[0]?.subnet_id === subnet.id)) {
      throw refuse(400, 'BadRequest', `Bad router request: Router already has a port on subnet ${subnet.id}.`);
    }
    const port = this.#addPort(request.projectId, {
      network_id: subnet['network_id'],
      fixed_ips: [{ subnet_id: subnet.id, ip_address: address }],
      port_security_enabled: false,
    });
    Object.assign(port, { device_id: router.id, device_owner: 'network:router_interface', status: 'ACTIVE' });
    return { status: 200, body: { id: router.id, port_id: port.id, subnet_id: subnet.id, subnet_ids: [subnet.id] } };
  }

  #removeInterface(request: FakeRequest, id: string | undefined): FakeAnswer {
    const router = this.#find(request, 'router', id);
    const subnetId = textAt(request.body, 'subnet_id');
    const port = this.portsOf(router.id).find((one) => (one['fixed_ips'] as FixedIp[])[0]?.subnet_id === subnetId);
    if (!port || port['device_owner'] !== 'network:router_interface') {
      const what = `Router ${router.id} has no interface on subnet ${subnetId}`;
      throw refuse(404, 'RouterInterfaceNotFoundForSubnet', what);
    }
    const usedBy = this.items.floatingip.find(
      (address) => address['router_id'] === router.id && this.#isOn(address, subnetId),
    );
    if (usedBy) {
      const what = `Router interface for subnet ${subnetId} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`;
      throw refuse(409, 'RouterInterfaceInUseByFloatingIP', what);
    }
    this.#removePort(port);
    return { status: 200, body: { id: router.id, port_id: port.id, subnet_id: subnetId, subnet_ids: [subnetId] } };
  }

  #isOn(address: Item, subnetId: string | undefined): boolean {
    const port = this.items.port.find(({ id }) => id === address['port_id']);
    return port !== undefined && (port['fixed_ips'] as FixedIp[]).some((ip) => ip.subnet_id === subnetId);
  }

  #addFloatingIp(projectId: string, body: Record<string, unknown>): Item {
    const outer = this.#addPort('', { network_id: body['floating_network_id'] });
    const address = (outer['fixed_ips'] as FixedIp[])[0]?.ip_address;
    const floating = this.#add('floatingip', projectId, { status: 'DOWN', ...body, floating_ip_address: address });
    Object.assign(outer, { device_id: floating.id, device_owner: 'network:floatingip', security_groups: [] });
    this.#associate(floating, body['port_id']);
    return floating;
  }

  #associate(floating: Item, portId: unknown): void {
    Object.assign(floating, { port_id: null, fixed_ip_address: null, router_id: null, status: 'DOWN' });
    if (typeof portId !== 'string') return;
    const port = this.items.port.find(({ id }) => id === portId);
    if (!port) throw refuse(404, 'PortNotFound', `Port ${portId} could not be found.`);
    const [ip] = port['fixed_ips'] as FixedIp[];
    const inner = this.items.port.find(
      (one) =>
        one['device_owner'] === 'network:router_interface' &&
        (one['fixed_ips'] as FixedIp[])[0]?.subnet_id === ip?.subnet_id,
    );
    const router = this.items.router.find(
      ({ id, external_gateway_info: info }) => id === inner?.['device_id'] && info !== null,
    );
    if (!router) {
      const what = `External network ${String(floating['floating_network_id'])} is not reachable from subnet ${ip?.subnet_id}.  Therefore, cannot associate Port ${portId} with a Floating IP.`;
      throw refuse(404, 'ExternalGatewayForFloatingIPNotFound', what);
    }
    Object.assign(floating, {
      port_id: portId,
      fixed_ip_address: ip?.ip_address,
      router_id: router.id,
      status: 'ACTIVE',
    });
  }

  #defaultGroup(projectId: string): Item {
    const found = this.items.security_group.find(
      (group) => group.project_id === projectId && group['name'] === 'default',
    );
    if (found) return found;
    const group = this.#addGroup(projectId, { name: 'default', description: 'Default security group' });
    for (const ethertype of ['IPv4', 'IPv6']) {
      this.#addRule(projectId, {
        security_group_id: group.id,
        direction: 'ingress',
        ethertype,
        remote_group_id: group.id,
      });
    }
    return group;
  }

  #addGroup(projectId: string, body: Record<string, unknown>): Item {
    const group = this.#add('security_group', projectId, { stateful: true, ...body });
    for (const ethertype of ['IPv4', 'IPv6']) {
      this.#addRule(projectId, { security_group_id: group.id, direction: 'egress', ethertype });
    }
    return group;
  }

  #addRule(projectId: string, body: Record<string, unknown>): Item {
    const open = {
      protocol: null,
      port_range_min: null,
      port_range_max: null,
      remote_ip_prefix: null,
      remote_group_id: null,
    };
    const rule = { ethertype: 'IPv4', ...open, ...body };
    const same = this.items.security_group_rule.find((other) =>
      Object.entries(rule).every(([key, value]) => other[key] === value),
    );
    if (same) {
      throw refuse(409, 'SecurityGroupRuleExists', `Security group rule already exists. Rule id is ${same.id}.`);
    }
    return this.#add('security_group_rule', projectId, rule);
  }

  #update(request: FakeRequest, kind: Kind, id: string | undefined): FakeAnswer {
    const item = this.#find(request, kind, id);
    const body = mapAt(request.body, kind);
    if (kind === 'router' && 'external_gateway_info' in body) this.#setGateway(item, body['external_gateway_info']);
    else if (kind === 'floatingip' && 'port_id' in body) this.#associate(item, body['port_id']);
    else Object.assign(item, body);
    return { status: 200, body: { [kind]: this.#view(kind, item) } };
  }

  #tag(request: FakeRequest, kind: Kind, id: string | undefined): FakeAnswer {
    const item = this.#find(request, kind, id);
    item['tags'] = request.body['tags'];
    return { status: 200, body: { tags: item['tags'] } };
  }

  #delete(request: FakeRequest, kind: Kind, id: string | undefined): FakeAnswer {
    const item = this.#find(request, kind, id);
    if (item.project_id !== request.projectId) {
      throw refuse(403, 'PolicyNotAuthorized', `rule:delete_${kind} is disallowed by policy`);
    }
    this.#assertUnused(kind, item);
    if (kind === 'port') this.#removePort(item);
    else if (kind === 'network') for (const port of this.#portsOn(item.id)) this.#removePort(port);
    else if (kind === 'subnet') for (const port of this.#portsIn(item.id)) this.#removePort(port);
    else if (kind === 'router') this.#setGateway(item, null);
    else if (kind === 'floatingip') for (const port of this.portsOf(item.id)) this.#removePort(port);
    if (kind === 'network') remove(this.items.subnet, (subnet) => subnet['network_id'] === item.id);
    if (kind === 'security_group')
      remove(this.items.security_group_rule, (rule) => rule['security_group_id'] === item.id);
    remove(this.items[kind], (other) => other === item);
    return { status: 204 };
  }

  #assertUnused(kind: Kind, item: Item): void {
    const notAutomatic = (port: Item): boolean => port['device_owner'] !== 'network:dhcp';
    const ports = this.#portsOn(item.id).filter(notAutomatic);
    if (kind === 'network' && ports.length > 0) {
      const what = `There are one or more ports still in use on the network, id for these ports is: ${ports.map(({ id }) => id).join(',')}.`;
      throw refuse(409, 'NetworkInUse', `Unable to complete operation on network ${item.id}. ${what}`);
    }
    if (kind === 'subnet' && this.#portsIn(item.id).some(notAutomatic)) {
      const what = 'One or more ports have an IP allocation from this subnet.';
      throw refuse(409, 'SubnetInUse', `Unable to complete operation on subnet ${item.id}: ${what}`);
    }
    const attached = this.portsOf(item.id).filter((port) => port['device_owner'] === 'network:router_interface');
    if (kind === 'router' && attached.length > 0) {
      throw refuse(
        409,
        'RouterInUse',
        `Router ${item.id} has ports still attached: ${attached.map(({ id }) => id).join(', ')}`,
      );
    }
    const used = this.items.port.some((port) => (port['security_groups'] as string[]).includes(item.id));
    if (kind === 'security_group' && used) {
      throw refuse(409, 'SecurityGroupInUse', `Security Group ${item.id} in use.`);
    }
    const owner = String(item['device_owner']);
    if (kind === 'port' && owner.startsWith('network:router')) {
      const what = `Port ${item.id} cannot be deleted directly via the port API: has device owner ${owner}.`;
      throw refuse(409, 'ServicePortInUse', what);
    }
  }

  #portsOn(networkId: string): Item[] {
    return this.items.port.filter((port) => port['network_id'] === networkId);
  }

  #portsIn(subnetId: string): Item[] {
    return this.items.port.filter((port) => (port['fixed_ips'] as FixedIp[]).some((ip) => ip.subnet_id === subnetId));
  }

  #removePort(port: Item): void {
    for (const floating of this.floatingIpsOf(port.id)) this.#associate(floating, null);
    remove(this.items.port, (other) => other === port);
  }

  #quota({ projectId }: FakeRequest, project: string): FakeAnswer {
    if (project !== projectId) throw refuse(403, 'PolicyNotAuthorized', 'rule:get_quota is disallowed by policy');
    const kinds = Object.keys(this.items) as Kind[];
    const quota = kinds.map((kind) => {
      const used = this.items[kind].filter((item) => item.project_id === projectId).length;
      return [kind, { limit: this.quotas[kind], used, reserved: 0 }];
    });
    return { status: 200, body: { quota: Object.fromEntries(quota) as unknown } };
  }
}

const EXTENSIONS = [
  'external-net',
  'router',
  'security-group',
  'port-security',
  'standard-attr-tag',
  'quota_details',
  'net-mtu-writable',
];

const NAMES: Readonly<Record<Kind, { plural: string; type: string; words: string }>> = {
  network: { plural: 'networks', type: 'Network', words: 'Network' },
  subnet: { plural: 'subnets', type: 'Subnet', words: 'Subnet' },
  port: { plural: 'ports', type: 'Port', words: 'Port' },
  router: { plural: 'routers', type: 'Router', words: 'Router' },
  security_group: { plural: 'security_groups', type: 'SecurityGroup', words: 'Security group' },
  floatingip: { plural: 'floatingips', type: 'FloatingIP', words: 'Floating IP' },
  security_group_rule: { plural: 'security_group_rules', type: 'SecurityGroupRule', words: 'Security group rule' },
};

function kindOf(plural: string | undefined): Kind {
  const wanted = plural?.replaceAll('-', '_');
  const kind = (Object.keys(NAMES) as Kind[]).find((name) => NAMES[name].plural === wanted);
  if (kind) return kind;
  throw refuse(404, 'HTTPNotFound', 'The resource could not be found.');
}

function refuse(status: number, type: string, message: string): FakeRefusal {
  return new FakeRefusal(status, { NeutronError: { type, message, detail: '' } });
}

/** How nova tells of a port that does not do. */
function badServer(message: string, status = 400): FakeRefusal {
  return new FakeRefusal(status, { [status === 409 ? 'conflictingRequest' : 'badRequest']: { code: status, message } });
}

function networkDefaults(name: string): Record<string, unknown> {
  return {
    name,
    status: 'ACTIVE',
    admin_state_up: true,
    mtu: 1450,
    shared: false,
    'router:external': false,
    port_security_enabled: true,
    availability_zone_hints: [],
    availability_zones: [],
  };
}

function fixedIpOf(wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const address = textAt(wanted, 'fixed_ip');
  return address === undefined ? {} : { fixed_ips: [{ ip_address: address }] };
}

function remove<T>(items: T[], isGone: (item: T) => boolean): void {
  for (let index = items.length - 1; index >= 0; index--) if (isGone(items[index] as T)) items.splice(index, 1);
}

function isIn(address: string, cidr: string): boolean {
  const [ip, [base, prefix]] = [ipaddr.parse(address), ipaddr.parseCIDR(cidr)];
  return ip.kind() === base.kind() && ip.match(base, prefix);
}

function addressIn(cidr: string, offset: number): string {
  let address = ipaddr.parseCIDR(cidr)[0].toString();
  for (let step = 0; step < offset; step++) address = successor(address);
  return address;
}

function successor(address: string): string {
  const bytes = ipaddr.parse(address).toByteArray();
  for (let index = bytes.length - 1; index >= 0; index--) {
    const next = ((bytes[index] ?? 0) + 1) % 256;
    bytes[index] = next;
    if (next !== 0) break;
  }
  return ipaddr.fromByteArray(bytes).toString();
}
