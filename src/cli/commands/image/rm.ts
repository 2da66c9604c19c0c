import type { Command } from '../../command.js';
import { parseDuration } from '../../parse-duration.js';
import { stringList } from '../../string-list.js';
import { timeoutOption } from '../../timeout-option.js';
import { dryRunOption } from '../../dry-run-option.js';

export const imageRmCommand: Command = {
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
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ resolveRoot }, { removeBuilds }, { createReporter }, { renderRemovedBuilds }] = await Promise.all([
      import('../../resolve-root.js'),
      import('../../../image/remove-builds.js'),
      import('../../render/reporter.js'),
      import('../../render/removed-images.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    const result = await removeBuilds(
      { root, names: stringList(args['names']), dryRun: args['dryRun'] === true, timeout },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderRemovedBuilds(result, args, context);
  },
};
