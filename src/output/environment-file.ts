import { isIP } from 'node:net';
import { outputPaths, type SlicePaths } from '../filenames.js';
import type { SlicePlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';
import { shellQuote } from '../text/shell-quote.js';

export interface EnvironmentOptions {
  readonly paths: SlicePaths;
  readonly outputDirectory: string;
}

/** The slice as variables for a POSIX shell, which sources the file: `VIRTBS_CONTROLLER_02_IP=172.16.17.2`. */
export function environmentFile(plan: SlicePlan, { paths, outputDirectory }: EnvironmentOptions): string {
  const files = outputPaths(outputDirectory, plan.slice);
  const variables = new Map([
    ['SLICE', String(plan.slice)],
    ['SSH_CONFIG', files.sshConfig],
    ['KNOWN_HOSTS', files.knownHosts],
    ...(plan.access?.logins ? [] : ([['PRIVATE_KEY', paths.privateKey]] as const)),
    ['INVENTORY', files.ansibleYaml],
    ['HOSTS', plan.vms.map(({ hostname }) => hostname).join(' ')],
  ]);
  // The first of two that would have one name stays.
  const add = (name: string, value: string): void => {
    if (!variables.has(name)) variables.set(name, value);
  };
  for (const { role } of plan.vms) {
    const members = plan.vms.filter((vm) => vm.role === role).map(({ hostname }) => hostname);
    add(`${variableName(role)}_HOSTS`, members.join(' '));
  }
  for (const { hostname, accessAddress, interfaces } of plan.vms) {
    const name = variableName(hostname);
    const access = interfaces.find(({ ipv4 }) => ipv4 === accessAddress);
    if (access) {
      add(`${name}_IP`, access.ipv4);
      add(`${name}_IP6`, access.ipv6);
    } else if (interfaces.length === 0 && accessAddress !== null) {
      const version = isIP(accessAddress);
      if (version !== 0) add(version === 4 ? `${name}_IP` : `${name}_IP6`, accessAddress);
    }
    for (const { network, mac, ipv4, ipv6 } of interfaces) {
      add(`${name}_${variableName(network)}_IP`, ipv4);
      add(`${name}_${variableName(network)}_IP6`, ipv6);
      add(`${name}_${variableName(network)}_MAC`, mac);
    }
  }
  const lines = [...variables].map(([name, value]) => `export VIRTBS_${name}=${shellQuote(value)}\n`);
  return `${fileHeader(plan.slice, 'variables for a shell')}${lines.join('')}`;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}
