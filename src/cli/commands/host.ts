import { resolve } from 'node:path';
import { VirtbsError } from '../../errors.js';
import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';
import { writeJson } from '../json-results.js';
import { dryRunOption } from '../dry-run-option.js';

const checkCommand: Command = {
  command: 'check',
  describe:
    'say what of this machine is ready for VMs, and what to do about the rest; exit code 1 where something fails',
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ loadConfigurationFor }, { checkHost }, { renderFindings }] = await Promise.all([
      import('../load-plan.js'),
      import('../../host/check-host.js'),
      import('../render/findings.js'),
    ]);
    const { paths, addressPool: pool } = await loadConfigurationFor(args, context);
    const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
    const { connect } = args;
    const { packageDirectory } = context;
    const findings = await checkHost({ connect, root, pool, slice, packageDirectory }, context.signal);
    if (args.json) writeJson('host-check', { version: 1, findings }, context);
    else context.stdout.write(renderFindings(findings, context));
    const failed = findings.filter(({ level }) => level === 'fail').length;
    if (failed > 0) {
      throw new VirtbsError(
        'host-unready',
        `${failed} of ${findings.length} findings ${failed === 1 ? 'is a failure' : 'are failures'}`,
        {
          hint: 'each has its cure below it; virtbs host prepare does what can be done without asking more',
        },
      );
    }
  },
};

const prepareCommand: Command = {
  command: 'prepare',
  describe:
    'install, start and make what virtbs needs here: packages, daemon, groups, folders, key; lists first, then asks',
  options: {
    yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
    'dry-run': dryRunOption('done'),
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const { prepare } = await import('../prepare.js');
    await prepare({ slice, yes: args['yes'] === true, dryRun: args['dryRun'] === true }, args, context);
  },
};

export const hostCommand: Command = {
  command: 'host',
  describe: 'check and prepare this machine',
  subcommands: [checkCommand, prepareCommand],
};
