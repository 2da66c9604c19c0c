import { basename } from 'node:path';
import { showPath } from '../../config/place.js';
import { OUTPUT_NAMES } from '../../filenames.js';
import type { CycleResult } from '../../slice/cycle.js';
import type { CommandContext } from '../command.js';
import type { ResultOptions } from './result-options.js';
import { renderTable, tableWidth } from './table.js';
import { renderTimings } from './timings.js';
import { writeJson } from '../json-results.js';

/** Shows what `cycle` built: VMs with their addresses, the files, and how to log in. */
export function renderCycle(result: CycleResult, options: ResultOptions, context: CommandContext): void {
  const { stdout, stderr } = context;
  if (options.json) writeJson('cycle', result, { stdout });
  else if (result.dryRun) stdout.write(renderDryRun(result));
  else if (!options.quiet) stdout.write(renderBuilt(result, context));
  if (options.timings && !options.json) stderr.write(renderTimings(result.timings));
}

function renderBuilt({ slice, vms, files, checkpoint }: CycleResult, { cwd, started, stdout }: CommandContext): string {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const how = checkpoint === 'restored' ? ', from a checkpoint' : '';
  const heading = `slice ${slice}: ${vms.length} ${vms.length === 1 ? 'VM' : 'VMs'} after ${seconds} s${how}`;
  const rows = vms.map(({ hostname, role, accessAddress }) => [hostname, role, accessAddress ?? '-']);
  const table = renderTable([['VM', 'ROLE', 'ADDRESS'], ...rows], tableWidth(stdout));
  const sshConfig = files.find((file) => basename(file) === OUTPUT_NAMES.sshConfig(slice));
  const first = vms.find(({ aliases }) => aliases.length > 0);
  const login =
    sshConfig !== undefined && first ? `\nlog in: ssh -F ${showPath(sshConfig, cwd)} ${first.hostname}\n` : '';
  return `${heading}\n\n${table}${login}`;
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
