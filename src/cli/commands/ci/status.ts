import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';

/** Runs that are shown. */
const LATEST = 50;

export const ciStatusCommand = defineCommand({
  command: 'status',
  describe: 'show what is queued, what runs, and what the latest runs came to',
  sliceless: () => true,
  async run(args, context) {
    const { renderCiStatus } = await import('../../render/ci.js');
    await openCiPlace(args, context, async ({ queue }) =>
      renderCiStatus(await queue.status('all', LATEST), args, context),
    );
  },
});
