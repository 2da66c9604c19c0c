import type { ServiceType } from './cloud.js';

/** The facts about a kind of service that are known before a cloud is asked. */
export interface ServiceSpecification {
  /** The types of the service in catalogs, the current one first (https://service-types.openstack.org). */
  readonly catalogTypes: readonly string[];
  /** The version that is spoken, as a part of a path. */
  readonly version: RegExp;
  /** The version to use where the cloud does not list its versions. */
  readonly usualVersion: string;
  /** True if the path has the project behind the version. */
  readonly projectInPath: boolean;
  /** The newest microversion that was tested; null where there are none. */
  readonly microversion: string | null;
  /** Requests under way at once. */
  readonly concurrency: number;
}

export const SERVICE_SPECIFICATIONS: Readonly<Record<ServiceType, ServiceSpecification>> = {
  compute: {
    catalogTypes: ['compute'],
    version: /^v2\.[1-9]\d*$/,
    usualVersion: 'v2.1',
    projectInPath: false,
    microversion: '2.93',
    concurrency: 8,
  },
  network: {
    catalogTypes: ['network'],
    version: /^v2(?:\.\d+)?$/,
    usualVersion: 'v2.0',
    projectInPath: false,
    microversion: null,
    concurrency: 8,
  },
  image: {
    catalogTypes: ['image'],
    version: /^v2(?:\.\d+)?$/,
    usualVersion: 'v2',
    projectInPath: false,
    microversion: null,
    concurrency: 4,
  },
  volume: {
    catalogTypes: ['block-storage', 'volumev3', 'block-store', 'volume'],
    version: /^v3(?:\.\d+)?$/,
    usualVersion: 'v3',
    projectInPath: true,
    microversion: '3.70',
    concurrency: 6,
  },
  identity: {
    catalogTypes: ['identity'],
    version: /^v3(?:\.\d+)?$/,
    usualVersion: 'v3',
    projectInPath: false,
    microversion: null,
    concurrency: 4,
  },
};
