import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';

/** Runs that are shown. */
const MOST = 1000;

export const ciQueueCommand = defineCommand({
  command: 'queue',
  describe: 'list the runs that are queued or running, in their order',
  sliceless: () => true,
  async run(args, context) {
    const { renderCiStatus } = await import('../../render/ci.js');
    await openCiPlace(args, context, async ({ queue }) =>
      renderCiStatus(await queue.status('open', MOST), args, context),
    );
  },
});
