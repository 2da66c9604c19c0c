import * as z from 'zod';
import type { Cloud } from '../../src/openstack/cloud.js';
import { until } from '../e2e/buildbot/until.js';

const item = z.object({
  id: z.string(),
  name: z.string().nullish(),
  device_owner: z.string().optional(),
  project_id: z.string().optional(),
});
const server = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
});
const keypair = z.object({ keypair: z.object({ name: z.string() }) });

const PATHS = [
  ['server', 'compute', '/servers', 'servers'],
  ['volume', 'volume', '/volumes', 'volumes'],
  ['floating IP', 'network', '/floatingips', 'floatingips'],
  ['router', 'network', '/routers', 'routers'],
  ['network', 'network', '/networks', 'networks'],
  ['port', 'network', '/ports', 'ports'],
  ['security group', 'network', '/security-groups', 'security_groups'],
] as const;

/** What a project of a cloud has beside its images: as a rule nothing, so that everything is somebody's remains. */
export class CloudLeftovers {
  readonly #cloud: Cloud;
  readonly #signal = new AbortController().signal;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Returns the id of a network. */
  async network(name: string): Promise<string> {
    const found = (await this.#list('network', '/networks', 'networks')).find((each) => each.name === name);
    if (!found) throw new Error(`no network ${name}`);
    return found.id;
  }

  /** Returns what there is in words, such as `1 server, 2 ports`; `nothing`. */
  async left(): Promise<string> {
    const words: string[] = [];
    for (const [what, service, path, key] of PATHS) {
      const all = await this.#list(service, path, key);
      const own = all.filter(({ name, project_id: project, device_owner: owner }) => {
        const isOfProject = project === undefined || project === this.#cloud.projectId;
        return isOfProject && !(key === 'security_groups' && name === 'default') && !owner?.startsWith('network:');
      });
      if (own.length > 0) words.push(`${own.length} ${what}${own.length > 1 ? 's' : ''}`);
    }
    const keys = await this.#cloud
      .service('compute')
      .list('/os-keypairs', 'keypairs', { schema: keypair, signal: this.#signal });
    if (keys.length > 0) words.push(`${keys.length} keypair${keys.length > 1 ? 's' : ''}`);
    return words.length === 0 ? 'nothing' : words.join(', ');
  }

  /** Returns the servers that run, by name, each with its id. */
  async servers(): Promise<ReadonlyMap<string, string>> {
    const all = await this.#cloud
      .service('compute')
      .list('/servers/detail', 'servers', { schema: server, signal: this.#signal });
    const running = all.filter(({ status }) => status === 'ACTIVE');
    return new Map(running.map(({ name, id }) => [name, id]));
  }

  /** Whether a guest of lab/openstack says on its console that it is up. */
  async isReady(id: string): Promise<boolean> {
    const body = { 'os-getConsoleOutput': { length: 50 } };
    const asked = { body, schema: z.object({ output: z.string() }), signal: this.#signal };
    const { output } = await this.#cloud.service('compute').request('POST', `/servers/${id}/action`, asked);
    return output.includes('lab: ready');
  }

  async isEmpty(): Promise<void> {
    await until('an empty project', async () => (await this.left()) === 'nothing');
  }

  /** Removes all servers, as a person would do it who finds them. */
  async removeServers(): Promise<void> {
    for (const { id } of await this.#list('compute', '/servers', 'servers')) {
      await this.#cloud.service('compute').send('DELETE', `/servers/${id}`, { signal: this.#signal });
    }
  }

  async #list(service: (typeof PATHS)[number][1], path: string, key: string): Promise<z.output<typeof item>[]> {
    return await this.#cloud.service(service).list(path, key, { schema: item, signal: this.#signal });
  }
}
