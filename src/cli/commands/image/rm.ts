import { defineCommand } from '../../define-command.js';
import { parseDuration } from '../../parse-duration.js';
import { timeoutOption } from '../../timeout-option.js';
import { dryRunOption } from '../../dry-run-option.js';

export const imageRmCommand = defineCommand({
  command: 'rm <names..>',
  describe: 'remove builds that nothing uses, all that are named or none',
  positionals: {
    names: {
      type: 'string',
      array: true,
      describe: 'SLOT/BUILD: that build; SLOT:TAG: the tag and its build; SLOT: all its builds and the tag "default"',
    },
  },
  options: { 'dry-run': dryRunOption('removed'), timeout: timeoutOption('uses images') },
  examples: [['$0 image rm debian:passed', 'the tag and its build, if no other tag, disk or build needs it']],
  async run(args, context) {
    const lockTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { removeBuilds }, { renderRemovedBuilds }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../image/remove-builds.js'),
      import('../../render/removed-images.js'),
    ]);
    const { names, dryRun } = args;
    const result = await inWorkplace(args, context, async (place) =>
      removeBuilds({ root: await place.root(), names, dryRun, lockTimeout }, place.verb),
    );
    renderRemovedBuilds(result, args, context);
  },
});
