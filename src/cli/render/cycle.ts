import type { CycleResult } from '../../slice/cycle.js';
import type { CommandContext } from '../command.js';
import type { ResultOptions } from './result-options.js';
import { renderTable } from './table.js';
import { renderTimings } from './timings.js';

/** Shows what `cycle` built: VMs with their addresses, the files, and how to log in. */
export function renderCycle(result: CycleResult, options: ResultOptions, { stdout, stderr }: CommandContext): void {
  if (options.json) stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (result.dryRun) stdout.write(renderDryRun(result));
  else if (!options.quiet) stdout.write(renderBuilt(result));
  if (options.timings && !options.json) stderr.write(renderTimings(result.timings));
}

function renderBuilt({ slice, vms, files }: CycleResult): string {
  const rows = vms.map(({ hostname, role, accessAddress }) => [hostname, role, accessAddress ?? '-']);
  const sshConfig = files.find((file) => file.includes('sshconf'));
  const first = vms.find(({ aliases }) => aliases.length > 0);
  const login = sshConfig !== undefined && first ? `\nlog in: ssh -F ${sshConfig} ${first.hostname}\n` : '';
  return `slice ${slice}: ${vms.length} ${vms.length === 1 ? 'VM' : 'VMs'}\n\n${renderTable([['VM', 'ROLE', 'ADDRESS'], ...rows])}${login}`;
}

function renderDryRun({ slice, vms, destroyed }: CycleResult): string {
  const lines = [
    ...destroyed.map((name) => `would destroy ${name}`),
    ...vms.map(
      ({ domain, accessAddress }) => `would build ${domain}${accessAddress === null ? '' : ` (${accessAddress})`}`,
    ),
  ];
  return `slice ${slice}, dry run: nothing was changed\n${lines.map((line) => `${line}\n`).join('')}`;
}
