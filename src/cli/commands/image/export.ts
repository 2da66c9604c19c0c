import { resolve } from 'node:path';
import { defineCommand } from '../../define-command.js';

export const imageExportCommand = defineCommand({
  command: 'export <name> <file>',
  describe: 'write a build as one image file that needs no other',
  positionals: {
    name: { type: 'string', describe: 'SLOT, SLOT:TAG or SLOT/BUILD; tag "default" where none is given' },
    file: {
      type: 'string',
      describe: 'path; what the guest is booted by comes beside it, as FILE.kernel, FILE.initrd, FILE.cmdline',
    },
  },
  options: {
    format: { choices: ['qcow2', 'raw'], default: 'qcow2', requiresArg: true, describe: 'of the file' },
    force: { type: 'boolean', default: false, describe: 'replace files that are there' },
  },
  async run(args, context) {
    const [{ inWorkplace }, { exportImage }, { renderExport }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../image/export-image.js'),
      import('../../render/export.js'),
    ]);
    const asked = {
      name: args.name,
      file: resolve(context.cwd, args.file),
      format: args.format,
      force: args.force,
    };
    const result = await inWorkplace(args, context, async (place) =>
      exportImage({ ...asked, root: await place.root() }, place.verb),
    );
    renderExport(result, args, context);
  },
});
