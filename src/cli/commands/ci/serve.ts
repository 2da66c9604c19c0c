import { VirtbsError } from '../../../errors.js';
import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';

export const ciServeCommand = defineCommand({
  command: 'serve',
  describe: 'serve the pages and logs on 127.0.0.1 until it is ended; any other web server can do the same',
  options: { port: { type: 'string', requiresArg: true, default: '8080', describe: 'the port; 0 takes any free one' } },
  sliceless: () => true,
  check({ port }) {
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
      throw new VirtbsError('usage', `--port ${JSON.stringify(port)}: it is no number from 0 to 65535`);
    }
  },
  async run(args, context) {
    const [{ servePages }, { writePages }] = await Promise.all([
      import('../../../ci/page/serve-pages.js'),
      import('../../../ci/page/write-pages.js'),
    ]);
    context.expectInterrupt();
    const { signal, stdout } = context;
    await openCiPlace(args, context, async ({ store, logs }) => {
      await writePages({ store, folder: logs, signal });
      await using server = await servePages(logs, Number(args.port));
      stdout.write(`${server.url}\n`);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    });
  },
});
