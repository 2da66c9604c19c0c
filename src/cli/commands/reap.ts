import { defineCommand } from '../define-command.js';
import { LOCK_TIMEOUT } from '../../workplace/lock-timeout.js';
import { dryRunOption } from '../dry-run-option.js';

export const reapCommand = defineCommand({
  command: 'reap',
  describe: 'wipe slices whose --ttl is over, and leased ones whose session is gone',
  options: {
    'dry-run': dryRunOption('destroyed'),
  },
  sliceless: () => true,
  async run(args, context) {
    const [{ inWorkplace }, { reap }, { renderReap }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/reap.js'),
      import('../render/reap.js'),
    ]);
    const { dryRun } = args;
    const result = await inWorkplace(args, context, async (place) => {
      const [root, driver] = [await place.root(), await place.driver()];
      const { outputDirectory, verb } = place;
      return await reap({ driver, root, outputDirectory, lockTimeout: LOCK_TIMEOUT, dryRun }, verb);
    });
    renderReap(result, args, context);
  },
});
