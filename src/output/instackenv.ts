import type { SlicePlan } from '../plan/plan.js';
import { fileMark } from './file-header.js';
import type { JumpHost } from '../config/jump-host.js';

/** The port of a board controller in slice 0 at offset 0; every slice has room for this many. As in the first virtbs. */
const FIRST_PORT = 8192;
const PORTS = 256;
const LAST_PORT = 65_535;
const GIBIBYTE = 1024 ** 3;

/**
 * The slice's VMs as bare machines for TripleO. Their power is to be switched by IPMI at this machine's address, at a port of
 * each VM's own: nothing answers there before somebody starts a board controller for it, such as `vbmc add DOMAIN --port PORT
 * --username admin --password password`.
 *
 * Source: https://docs.openstack.org/project-deploy-guide/tripleo-docs/latest/environments/baremetal.html
 */
export function instackenv(plan: SlicePlan, { address }: JumpHost): string {
  const nodes = plan.vms.map(({ hostname, offset, memoryMiB, vcpu, interfaces, disks }) => ({
    name: hostname,
    arch: 'x86_64',
    cpu: String(vcpu),
    memory: String(memoryMiB),
    disk: String(Math.floor((disks[0]?.sizeBytes ?? 0) / GIBIBYTE)),
    mac: interfaces.slice(0, 1).map(({ mac }) => mac),
    pm_type: 'ipmi',
    pm_addr: address,
    ...controllerPort(plan.slice, offset),
    pm_user: 'admin',
    pm_password: 'password',
  }));
  return `${JSON.stringify({ virtbs: fileMark(plan.slice, 'bare machines for TripleO'), nodes }, null, 2)}\n`;
}

/** None where the number is no port any more. */
function controllerPort(slice: number, offset: number): { readonly pm_port?: string } {
  const port = FIRST_PORT + slice * PORTS + offset;
  return port <= LAST_PORT ? { pm_port: String(port) } : {};
}
