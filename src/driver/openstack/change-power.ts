import { isCloudError } from '../../openstack/cloud-error.js';
import { VirtbsError } from '../../errors.js';
import type { PowerAction, VmHandle } from '../types.js';
import { actOnServer } from './act-on-server.js';
import { awaitServer, readServer, type Wanted } from './await-server.js';
import { serverPower } from './inspect-slices.js';
import type { Site } from './site.js';

export interface PowerChange {
  readonly vm: VmHandle;
  /** Of its server. */
  readonly id: string;
  readonly action: PowerAction;
}

/** Does to a server what `PowerAction` says. The cloud asks a guest to go off before it cuts its power, whatever the action. */
export async function changePower(site: Site, { vm, id, action }: PowerChange, signal: AbortSignal): Promise<void> {
  const server = await readServer(site, id, signal);
  if (!server) throw new VirtbsError('cloud-failed', `${vm.hostname}: its server is gone`);
  const power = serverPower(server);
  const send = (body: object): Promise<void> => actOnServer(site, id, body, signal);
  const until = (wanted: Wanted): Promise<void> => awaitServer(site, { id, name: vm.hostname, wanted, signal });
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

/** A server that is on its way off already refuses. */
async function stop({ cloud }: Site, id: string, signal: AbortSignal): Promise<void> {
  try {
    await cloud.service('compute').send('POST', `/servers/${id}/action`, { body: { 'os-stop': null }, signal });
  } catch (error) {
    if (!isCloudError(error, 409)) throw error;
  }
}

/** What brings back a server in that status. */
function startAction(status: string): object {
  if (status === 'PAUSED') return { unpause: null };
  if (status === 'SUSPENDED') return { resume: null };
  return { 'os-start': null };
}
