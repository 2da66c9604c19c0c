import { VirtbsError } from '../../errors.js';
import type { Step } from '../../host/prepare-host.js';
import type { Command } from '../command.js';
import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { writeJson } from '../json-results.js';
import { dryRunOption } from '../dry-run-option.js';
import type { Finding } from '../../host/finding.js';
import type { Workplace } from '../../workplace/workplace.js';
import { DEFAULT_CONNECT } from '../../workplace/workplace-settings.js';

const checkCommand = defineCommand({
  command: 'check',
  describe:
    'say what of this machine is ready for VMs, and what to do about the rest; exit code 1 where something fails',
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ openPlace }, { renderFindings }] = await Promise.all([
      import('../open-place.js'),
      import('../render/findings.js'),
    ]);
    await using place = openPlace(args, context);
    const { standing } = await place.features();
    const findings = await findAll(place, slice);
    if (args.json) writeJson('host-check', { version: 1, findings }, context);
    else context.stdout.write(renderFindings(findings, context));
    const failed = findings.filter(({ level }) => level === 'fail').length;
    if (failed > 0) {
      throw new VirtbsError(
        'host-unready',
        `${failed} of ${findings.length} findings ${failed === 1 ? 'is a failure' : 'are failures'}`,
        {
          hint: standing
            ? 'each has its cure below it'
            : 'each has its cure below it; virtbs host prepare does what can be done without asking more',
        },
      );
    }
  },
});

const prepareCommand = defineCommand({
  command: 'prepare',
  describe:
    'install, start and make what virtbs needs here: packages, daemon, groups, folders, key; lists first, then asks',
  options: {
    yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
    'dry-run': dryRunOption('done'),
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const { dryRun } = args;
    const [{ inWorkplace }, { prepareHost }, { agreeToSteps }, { renderSteps }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../workplace/prepare-host.js'),
      import('../agree-to-steps.js'),
      import('../render/steps.js'),
    ]);
    const done = await inWorkplace(args, context, async (place, pause) => {
      const agree = async (steps: readonly Step[], round: number): Promise<void> => {
        pause();
        await agreeToSteps(steps, { isAgreed: round > 0 || args.yes }, context);
      };
      return await prepareHost({ slice, dryRun, agree }, place);
    });
    const steps = done.map(({ what, commands }) => ({ what, commands }));
    if (args.json) writeJson('host-prepare', { version: 1, dryRun, steps }, context);
    else context.stdout.write(renderSteps(steps, dryRun));
  },
});

export const hostCommand: Command = {
  command: 'host',
  describe: 'check and prepare this machine',
  subcommands: [checkCommand, prepareCommand],
};

/** Checks the machines that the configuration names, or this one where it makes VMs. */
async function findAll(place: Workplace, slice: number): Promise<readonly Finding[]> {
  const { standing } = await place.features();
  if (standing) {
    const { checkMachines } = await import('../../slice/check-machines.js');
    return await checkMachines(await place.standing(slice), place.verb);
  }
  const { checkHost } = await import('../../host/check-host.js');
  const { addressPool: pool } = await place.configuration();
  const { connect = DEFAULT_CONNECT, packageDirectory, signal } = place.settings;
  return await checkHost({ connect, root: await place.root(), pool, slice, packageDirectory }, signal);
}
