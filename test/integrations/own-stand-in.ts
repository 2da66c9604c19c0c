import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startWorker } from '../e2e/buildbot/start-worker.js';
import type { CloudLeftovers } from './cloud-leftovers.js';

export interface OwnStandInOptions {
  readonly directory: string;
  readonly home: string;
  /** Of each worker. */
  readonly password: string;
}

/** Starts a real worker for each server of Buildbot's own OpenStackLatentWorker, whose name is the worker's, once its guest says that it is up. */
export class OwnStandIn implements AsyncDisposable {
  readonly #workers = new Map<string, ChildProcess>();
  readonly #done = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  static start(cloud: CloudLeftovers, options: OwnStandInOptions): OwnStandIn {
    const stand = new OwnStandIn();
    stand.#loop = stand.#watch(cloud, options);
    return stand;
  }

  async #watch(cloud: CloudLeftovers, options: OwnStandInOptions): Promise<void> {
    while (!this.#done.signal.aborted) {
      const servers = await cloud.servers();
      for (const [name, id] of servers) {
        const isOurs = name.startsWith('own') && !name.endsWith('silent') && !this.#workers.has(name);
        if (isOurs && (await cloud.isReady(id))) await this.#attach(name, options);
      }
      for (const [name, worker] of this.#workers) {
        if (servers.has(name)) continue;
        worker.kill('SIGKILL');
        this.#workers.delete(name);
      }
      await delay(500);
    }
  }

  async #attach(name: string, { directory, home, password }: OwnStandInOptions): Promise<void> {
    await mkdir(join(directory, 'own'), { recursive: true });
    const folder = await mkdtemp(join(directory, 'own', `${name}-`));
    const variables = { BUILDMASTER: '127.0.0.1', BUILDMASTER_PORT: '19989', WORKERNAME: name, WORKERPASS: password };
    this.#workers.set(name, startWorker(folder, home, variables));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#done.abort();
    await this.#loop;
    for (const worker of this.#workers.values()) worker.kill('SIGKILL');
  }
}
