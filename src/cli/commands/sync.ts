import { resolve } from 'node:path';
import { defineCommand } from '../define-command.js';
import type { JsonResults } from '../json-results.js';
import { parseSlice } from '../parse-slice.js';

export const syncCommand = defineCommand({
  command: 'sync <source> <target>',
  describe: 'bring a folder into VMs: what changed by rsync, all of it by tar where a guest has no rsync',
  positionals: {
    source: { type: 'string', describe: 'a folder of this machine' },
    target: { type: 'string', describe: 'VM:FOLDER, made where it is missing; a role means all its VMs' },
  },
  options: {
    watch: { type: 'boolean', default: false, describe: 'go on with what changes, until interrupted' },
    exclude: {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'leave out names of this pattern, such as .git; repeatable',
    },
    delete: {
      type: 'boolean',
      default: false,
      describe: 'remove from the target what the source has not; needs rsync',
    },
    sudo: { type: 'boolean', default: false, describe: "write as the guest's root" },
  },
  examples: [
    ['$0 -s 1 sync ./src controller:/opt/src --exclude .git --watch', 'a source tree that follows the editor'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ openPlace }, { findLogins }, { syncOnVms }, { renderCopy }, { watchFolder }] = await Promise.all([
      import('../open-place.js'),
      import('../../workplace/find-logins.js'),
      import('../../slice/copy-on-vms.js'),
      import('../render/copy.js'),
      import('../../files/watch-folder.js'),
    ]);
    await using place = openPlace(args, context);
    const { cwd, signal, stdout } = context;
    const source = resolve(cwd, args.source);
    if (args.watch) context.expectInterrupt();
    await using changes = args.watch ? await watchFolder(source) : null;
    const hosts = await findLogins(place, slice);
    const request = { slice, source, to: args.target, exclude: args.exclude, remove: args.delete, asRoot: args.sudo };
    await syncOnVms(
      {
        ...hosts,
        ...request,
        async again(result) {
          if (args.json) stdout.write(`${JSON.stringify(result satisfies JsonResults['copy'])}\n`);
          else if (!args.quiet) stdout.write(renderCopy(result));
          return (await changes?.next(signal)) ?? false;
        },
      },
      signal,
    );
  },
});
