import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../run-virtbs.js';
import { slices, type ListedSlice } from './slices.js';
import { startWorker } from './start-worker.js';

/**
 * Starts a real worker for each VM that got a worker's name and password, on behalf of the VM: a guest of the image mini has no
 * Python. What the worker is told comes from the guest, by its root.
 */
export class StandIn implements AsyncDisposable {
  readonly #workers = new Map<string, ChildProcess>();
  readonly #done = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  static async start(directory: string, home: string): Promise<StandIn> {
    const stand = new StandIn();
    stand.#loop = stand.#watch(directory, home);
    return stand;
  }

  async #watch(directory: string, home: string): Promise<void> {
    while (!this.#done.signal.aborted) {
      const found = await slices(directory);
      for (const each of found) {
        if (!this.#workers.has(each.session)) await this.#attach(each, directory, home);
      }
      for (const [session, worker] of this.#workers) {
        if (!found.some((each) => each.session === session)) worker.kill('SIGKILL');
      }
      await delay(200);
    }
  }

  async #attach({ session, slice, vms: [vm] }: ListedSlice, directory: string, home: string): Promise<void> {
    const worker = /id=latent-[^ ]*\/([a-z0-9]+)\./.exec(session)?.[1];
    if (worker === undefined || worker === 'silent' || !vm) return;
    const config = join(directory, 'master', 'virtbs', worker, `sshconf-bs${slice}`);
    const command = 'sudo cat /etc/virtbs/environment && ip route';
    const { code, stdout } = await run(directory, [
      'ssh',
      '-F',
      config,
      '-o',
      'ConnectTimeout=5',
      vm.hostname,
      command,
    ]);
    if (code !== 0) return;
    const env = Object.fromEntries([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
    const folder = join(directory, session.replaceAll(/\W/g, '-'));
    await mkdir(folder);
    const gateway = /^default via (\S+)/m.exec(stdout)?.[1];
    const told = { ...env, BUILDMASTER: env['BUILDMASTER'] || gateway, WORKER_HOST: vm.hostname };
    this.#workers.set(session, startWorker(folder, home, told));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#done.abort();
    await this.#loop;
    for (const worker of this.#workers.values()) worker.kill('SIGKILL');
  }
}
