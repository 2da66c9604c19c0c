import { VirtbsError } from '../../errors.js';
import { defineCommand } from '../define-command.js';
import { writeJson } from '../json-results.js';
import { parseSlice } from '../parse-slice.js';

export const cpCommand = defineCommand({
  command: 'cp <paths..>',
  describe: 'copy files and folders between this machine and VMs, over ssh',
  positionals: {
    paths: {
      type: 'string',
      array: true,
      describe: 'sources, then the target; those of a VM as VM:PATH. A role as target means all its VMs',
    },
  },
  examples: [
    ['$0 -s 1 cp notes.txt controller:/tmp/', 'to a VM'],
    ['$0 -s 1 cp worker-20:/var/log/syslog .', 'from a VM'],
  ],
  check({ paths }) {
    if (paths.length >= 2) return;
    throw new VirtbsError('usage', 'cp: sources and a target are needed', {
      hint: 'virtbs cp notes.txt controller:/tmp/',
    });
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ openPlace }, { findLogins }, { copyOnVms }, { renderCopy }] = await Promise.all([
      import('../open-place.js'),
      import('../../workplace/find-logins.js'),
      import('../../slice/copy-on-vms.js'),
      import('../render/copy.js'),
    ]);
    await using place = openPlace(args, context);
    const [from, to] = [args.paths.slice(0, -1), args.paths.at(-1) ?? ''];
    const { cwd, signal } = context;
    const result = await copyOnVms({ ...(await findLogins(place, slice)), slice, from, to, cwd }, signal);
    if (args.json) writeJson('copy', result, context);
    else if (!args.quiet) context.stdout.write(renderCopy(result));
  },
});
