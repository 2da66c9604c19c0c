import type { ChangeResult } from '../../slice/change-vms.js';
import type { CommandContext } from '../command.js';
import { renderTable } from './table.js';
import { writeJson } from '../json-results.js';

/** Words for what was done to a VM. */
const WORDS: Readonly<Record<string, string>> = {
  running: 'was running already',
  off: 'was off already',
  'power-cut': 'stopped: power cut',
};

/** Shows what was done to each VM. */
export function renderChanges(
  result: ChangeResult<string>,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
  { stdout }: CommandContext,
): void {
  if (json) writeJson('changes', result, { stdout });
  else if (!quiet) stdout.write(renderTable(result.vms.map((vm) => [vm.hostname, WORDS[vm.change] ?? vm.change])));
}
