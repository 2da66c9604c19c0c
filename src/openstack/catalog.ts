import * as z from 'zod';
import { VirtbsError } from '../errors.js';
import type { ServiceType } from './cloud.js';
import type { CloudSettings } from './cloud-settings.js';
import { SERVICE_SPECIFICATIONS } from './service-specification.js';

const endpointSchema = z.object({
  interface: z.string(),
  region_id: z.string().nullish(),
  region: z.string().nullish(),
  url: z.string(),
});

export const catalogSchema = z.array(
  z.object({ type: z.string(), name: z.string().optional(), endpoints: z.array(endpointSchema) }),
);

export type Catalog = z.infer<typeof catalogSchema>;
type Endpoint = z.infer<typeof endpointSchema>;

/**
 * Finds the endpoint of a service: in the settings, or in the catalog for the interface and the region.
 *
 * @param projectId for places in the url that stand for it
 * @throws VirtbsError `cloud-failed` where the catalog has none that fits, or several; `config-invalid` where it is no url
 */
export function findEndpoint(
  type: ServiceType,
  { settings, catalog, projectId }: { settings: CloudSettings; catalog: Catalog; projectId: string },
): URL {
  const own = settings.services[type];
  const text = own.endpoint ?? choose(type, settings, catalog).url;
  const url = text.replaceAll(/[%$]\((?:project|tenant)_id\)s?/g, projectId);
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url);
  throw new VirtbsError('cloud-failed', `${settings.name}: the catalog has no url of http for ${type}`, {
    hint: `set ${type}_endpoint_override of the cloud in clouds.yaml`,
  });
}

function choose(type: ServiceType, settings: CloudSettings, catalog: Catalog): Endpoint {
  const own = settings.services[type];
  const types = own.catalogType === null ? SERVICE_SPECIFICATIONS[type].catalogTypes : [own.catalogType];
  const wanted = own.interface ?? settings.interface;
  const region = own.region ?? settings.region;
  const services = types.flatMap((known) => catalog.filter((service) => service.type === known));
  const hint =
    'see openstack.region, region_name and interface of the cloud in clouds.yaml, or OS_REGION_NAME and OS_INTERFACE';
  const fail = (what: string): VirtbsError =>
    new VirtbsError('cloud-failed', `${settings.name}: ${what}`, {
      hint: services.length === 0 ? `set ${type}_endpoint_override of the cloud in clouds.yaml if it has one` : hint,
    });
  if (services.length === 0) throw fail(`the cloud has no ${type} service`);

  for (const { endpoints } of services) {
    const fitting = endpoints.filter(({ interface: name }) => name.replace(/URL$/, '') === wanted);
    const here = region === null ? fitting : fitting.filter((endpoint) => regionOf(endpoint) === region);
    const regions = new Set(here.map(regionOf));
    if (regions.size > 1) throw fail(`${type} is in several regions, and none is named: ${[...regions].join(', ')}`);
    const [found] = here;
    if (found) return found;
  }
  const there = services.flatMap(({ endpoints }) =>
    endpoints.map((known) => `${known.interface} in ${regionOf(known)}`),
  );
  const asked = region === null ? wanted : `${wanted} in ${region}`;
  throw fail(`no endpoint of ${type} is ${asked}: there are ${[...new Set(there)].sort().join(', ') || 'none'}`);
}

function regionOf({ region_id: id, region }: Endpoint): string {
  return id ?? region ?? 'no region';
}
