import type { ServiceType } from './cloud.js';

/** What is known of a kind of service before a cloud is asked. */
export interface ServiceSpecification {
  /** Its types in catalogs, the current one first (https://service-types.openstack.org). */
  readonly catalogTypes: readonly string[];
  /** The version that is spoken, as a part of a path. */
  readonly version: RegExp;
  /** Where the cloud does not say which there are. */
  readonly usualVersion: string;
  /** Whether the path has the project behind the version. */
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
