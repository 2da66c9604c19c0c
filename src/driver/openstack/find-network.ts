import { VirtbsError } from '../../errors.js';
import { networkSchema, type NetworkResource } from './resources.js';
import type { Site } from './site.js';

/** The network of that name or id. @throws VirtbsError `plan-invalid` */
export async function findNetwork(site: Site, wanted: string, signal: AbortSignal): Promise<NetworkResource> {
  const networks = await listNetworks(site, signal);
  const found = networks.filter(({ id, name }) => id === wanted || name === wanted);
  const [network] = found;
  if (network && found.length === 1) return network;
  throw new VirtbsError(
    'plan-invalid',
    `${found.length === 0 ? 'no network is' : 'several networks are'} named "${wanted}"`,
    {
      hint: `networks of the cloud: ${networks.map(({ name }) => name).join(', ')}`,
    },
  );
}

/** The network that routers lead to: the one that is told, or the only one. @throws VirtbsError `plan-invalid` */
export async function findExternalNetwork(site: Site, signal: AbortSignal): Promise<NetworkResource> {
  const { externalNetwork } = site.settings;
  if (externalNetwork !== undefined) return await findNetwork(site, externalNetwork, signal);
  const external = (await listNetworks(site, signal)).filter((network) => network['router:external'] === true);
  const [network] = external;
  if (network && external.length === 1) return network;
  const names = external.map(({ name }) => name).join(', ');
  throw new VirtbsError('plan-invalid', `the cloud has ${external.length === 0 ? 'no' : 'several'} external networks`, {
    hint:
      external.length === 0
        ? 'say openstack.access: direct, and internet_access: false for the networks'
        : `say which with openstack.external_network: ${names}`,
  });
}

async function listNetworks({ cloud }: Site, signal: AbortSignal): Promise<readonly NetworkResource[]> {
  return await cloud.service('network').list('/networks', 'networks', { schema: networkSchema, signal });
}
