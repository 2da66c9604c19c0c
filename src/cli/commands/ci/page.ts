import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';

export const ciPageCommand = defineCommand({
  command: 'page',
  describe:
    'write all pages anew: runs, tests and logs, as static files beside the logs; ci watch does it after each event',
  sliceless: () => true,
  async run(args, context) {
    const [{ writePages }, { renderPages }] = await Promise.all([
      import('../../../ci/page/write-pages.js'),
      import('../../render/ci-tests.js'),
    ]);
    await openCiPlace(args, context, async ({ store, logs }) => {
      renderPages(
        { version: 1, ...(await writePages({ store, folder: logs, signal: context.signal })) },
        args,
        context,
      );
    });
  },
});
