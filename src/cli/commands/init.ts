import { join, resolve } from 'node:path';
import { PROJECT_FILE } from '../../filenames.js';
import { defineCommand } from '../define-command.js';
import { writeJson } from '../json-results.js';

export const initCommand = defineCommand({
  command: 'init [folder]',
  describe: `begin a project: write a ${PROJECT_FILE} with comments that works as it stands; overwrites nothing`,
  positionals: {
    folder: { type: 'string', describe: 'folder of the project, made where it is missing; default: this one' },
  },
  sliceless: () => true,
  examples: [
    ['$0 init && $0 cycle', 'three small VMs, and two tasks on them'],
    ['$0 --payload patroni init db', 'a project that starts from a payload'],
  ],
  async run(args, context) {
    const [{ writeInitialProject }, { readPayloadReference }] = await Promise.all([
      import('../../config/write-initial-project.js'),
      import('../../payload/payload-reference.js'),
    ]);
    const { payload } = args;
    const isFolder = payload !== undefined && readPayloadReference(payload).kind === 'folder';
    const file = await writeInitialProject(join(resolve(context.cwd, args.folder ?? '.'), PROJECT_FILE), {
      schema: join(context.packageDirectory, 'schemas/configuration.schema.json'),
      payload: isFolder ? resolve(context.cwd, payload) : payload,
    });
    if (args.json) return writeJson('init', { version: 1, file }, context);
    context.stdout.write(`wrote ${file}\n`);
    context.stderr.write('next: virtbs cycle\n');
  },
});
