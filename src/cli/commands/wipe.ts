import { defineCommand } from '../define-command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { timeoutOption } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const wipeCommand = defineCommand({
  command: 'wipe',
  describe: 'destroy what the slice holds, and nothing else; with --session or --all that of several',
  options: {
    timeout: timeoutOption('works on the slice'),
    session: {
      type: 'string',
      describe: 'wipe all slices of a session as ls shows it; without a name those made or leased from here',
    },
    all: { type: 'boolean', default: false, describe: 'wipe all slices that were made with this root; asks before' },
    yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
    'dry-run': dryRunOption('destroyed'),
    timings: TIMINGS_OPTION,
  },
  sliceless: (args) => args.all || args.session !== undefined,
  async run(args, context) {
    if (args.all || args.session !== undefined) {
      const { wipeSeveral } = await import('../wipe-several.js');
      return await wipeSeveral(args, context);
    }
    const slice = parseSlice(args.slice);
    const lockTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { wipe }, { renderWipe }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/wipe.js'),
      import('../render/wipe.js'),
    ]);
    const { dryRun } = args;
    const result = await inWorkplace(args, context, async (place) =>
      wipe({ ...(await place.standing(slice)), lockTimeout, dryRun }, place.verb),
    );
    renderWipe(result, args, context);
  },
});
