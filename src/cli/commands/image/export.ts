import { resolve } from 'node:path';
import type { Command } from '../../command.js';

export const imageExportCommand: Command = {
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
    format: { choices: ['qcow2', 'raw'] as const, default: 'qcow2', requiresArg: true, describe: 'of the file' },
    force: { type: 'boolean', default: false, describe: 'replace files that are there' },
  },
  async run(args, context) {
    const [{ resolveRoot }, { exportImage }, { createReporter }, { renderExport }] = await Promise.all([
      import('../../resolve-root.js'),
      import('../../../image/export-image.js'),
      import('../../render/reporter.js'),
      import('../../render/export.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    const result = await exportImage(
      {
        root,
        name: String(args['name']),
        file: resolve(context.cwd, String(args['file'])),
        format: args['format'] === 'raw' ? 'raw' : 'qcow2',
        force: args['force'] === true,
      },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderExport(result, args, context);
  },
};
