import type { HostLine, RunResult } from '../../slice/run-on-vms.js';
import type { CommandContext } from '../command.js';
import { writeJson } from '../json-results.js';

export interface RunRenderer {
  readonly line: (line: HostLine) => void;
  readonly end: (result: RunResult) => void;
}

/** Lines as they come, each behind its host's name and on the stream it came from; at the end, which commands failed. */
export function createRunRenderer(
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
  { stdout, stderr }: CommandContext,
): RunRenderer {
  return {
    line({ hostname, hosts, stream, line }) {
      if (json) return;
      const width = Math.max(...hosts.map((host) => host.length));
      (stream === 'stdout' ? stdout : stderr).write(`${hostname.padEnd(width)} | ${line}\n`);
    },
    end(result) {
      if (json) writeJson('run', result, { stdout });
      if (json || quiet) return;
      for (const { hostname, exitCode } of result.vms) {
        if (exitCode !== 0) stderr.write(`${hostname}: exit code ${exitCode}\n`);
      }
    },
  };
}
