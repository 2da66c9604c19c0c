import { isCloudError } from '../../openstack/cloud-error.js';
import { VirtbsError } from '../../errors.js';
import type { PowerAction, VmHandle } from '../types.js';
import { actOnServer } from './act-on-server.js';
import { awaitServer, readServer, type Wanted } from './await-server.js';
import { serverPower } from './inspect-slices.js';
import type { ServerResource } from './resources.js';
import type { Site } from './site.js';

export interface PowerChange {
  readonly vm: VmHandle;
  /** The id of its server. */
  readonly id: string;
  readonly action: PowerAction;
}

/** Does to a server what `PowerAction` says. The cloud asks a guest to go off before it cuts its power, whatever the action. */
export async function changePower(site: Site, { vm, id, action }: PowerChange, signal: AbortSignal): Promise<void> {
  const server = await readMadeServer(site, { vm, id }, signal);
  const power = serverPower(server);
  const send = (body: object): Promise<void> => actOnServer(site, id, body, signal);
  const until = async (wanted: Wanted): Promise<void> =>
    void (await awaitServer(site, { id, name: vm.hostname, wanted, signal }));
  switch (action) {
    case 'start':
      if (power === 'running') return;
      await send(startAction(server.status));
      return await until('ACTIVE');
    case 'shutdown':
    case 'off':
      if (power === 'off') return;
      await stop(site, id, signal);
      return action === 'off' ? await until('SHUTOFF') : undefined;
    case 'reboot':
    case 'reset':
      if (power === 'off') return;
      await send({ reboot: { type: action === 'reset' ? 'HARD' : 'SOFT' } });
  }
}

/** A server that is being made, or made anew, as a command that was killed may leave it, takes no actions: it is waited for. */
async function readMadeServer(
  site: Site,
  { vm: { hostname }, id }: Pick<PowerChange, 'vm' | 'id'>,
  signal: AbortSignal,
): Promise<ServerResource> {
  const server = await readServer(site, id, signal);
  if (!server) throw new VirtbsError('cloud-failed', `${hostname}: its server is gone`);
  if (server.status !== 'BUILD' && server.status !== 'REBUILD') return server;
  return await awaitServer(site, { id, name: hostname, wanted: ['ACTIVE', 'SHUTOFF'], signal });
}

/** A server that is on its way off already refuses. */
async function stop({ cloud }: Site, id: string, signal: AbortSignal): Promise<void> {
  try {
    await cloud.service('compute').send('POST', `/servers/${id}/action`, { body: { 'os-stop': null }, signal });
  } catch (error) {
    if (!isCloudError(error, 409)) throw error;
  }
}

/** Returns the action that starts a server in that status. */
function startAction(status: string): object {
  if (status === 'PAUSED') return { unpause: null };
  if (status === 'SUSPENDED') return { resume: null };
  return { 'os-start': null };
}
