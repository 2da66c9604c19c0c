import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import * as z from 'zod';
import { isCloudError } from '../../../src/openstack/cloud-error.js';
import type { Cloud, Method, ServiceType } from '../../../src/openstack/cloud.js';
import { serverSchema, type Server } from './contract-resources.js';

export interface ContractBench {
  readonly cloud: Cloud;
  /** Another user with a project of its own; null where there is none. */
  readonly other: Cloud | null;
  /** Servers have a console, and their ports come up. */
  readonly guests: boolean;
}

/** How a part of the contract gets at a cloud. */
export type OpenBench = (t: Test) => Promise<ContractBench>;

const signal = new AbortController().signal;
/** Milliseconds for the slowest of real clouds. */
const PATIENCE = 180_000;

export function services(cloud: Cloud) {
  const [compute, network] = [cloud.service('compute'), cloud.service('network')];
  return { compute, network, image: cloud.service('image'), volume: cloud.service('volume') };
}

type RefusalOptions = Partial<
  Pick<Parameters<ReturnType<Cloud['service']>['send']>[2], 'body' | 'query' | 'microversion'>
>;

/** The refusal that a request must end with. */
export async function refusal(
  cloud: Cloud,
  service: ServiceType,
  method: Method,
  path: string,
  options: RefusalOptions = {},
) {
  try {
    await cloud.service(service).send(method, path, { ...options, signal });
  } catch (error) {
    if (isCloudError(error)) return error;
    throw error;
  }
  throw new Error(`${method} ${path} was carried out`);
}

/** Takes away what was made, the last first; what is gone or never was is done. */
export function createUndo(t: Test, cloud: Cloud): (service: ServiceType, path: string, body?: object) => void {
  const steps: (() => Promise<unknown>)[] = [];
  t.teardown(async () => {
    for (const step of steps.toReversed()) await step();
  });
  return (service, path, body) => {
    const gone = async (): Promise<boolean> => {
      try {
        await cloud.service(service).send(body ? 'PUT' : 'DELETE', path, { body, signal });
        return service !== 'compute' || !path.startsWith('/servers/');
      } catch (error) {
        if (isCloudError(error, 404)) return true;
        // In use by what is just going.
        if (isCloudError(error, 409)) return false;
        throw error;
      }
    };
    steps.push(() => until(gone));
  };
}

export async function untilServer(cloud: Cloud, path: string, isDone: (server: Server) => boolean): Promise<Server> {
  let server: Server | undefined;
  await until(async () => {
    const schema = z.object({ server: serverSchema });
    ({ server } = await cloud.service('compute').request('GET', path, { schema, signal }));
    return isDone(server);
  });
  if (!server) throw new Error('the server was not read');
  return server;
}

export async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await isDone()); await sleep(100)) {
    if (Date.now() > end) throw new Error('not done in time');
  }
}
