import { VirtbsError } from '../../../errors.js';
import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';

export const ciImportCommand = defineCommand({
  command: 'import <file..>',
  describe:
    'put results of tests that ran elsewhere into the database: subunit v2, JUnit XML or TAP, also packed by gzip',
  positionals: { file: { type: 'string', array: true, describe: 'a file of results; each is a run of its own' } },
  options: {
    job: { type: 'string', requiresArg: true, describe: 'the job that they are of' },
    branch: { type: 'string', requiresArg: true, describe: 'the branch that was tested' },
    meta: {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      defaultDescription: 'none',
      describe: 'KEY=VALUE: what else is known of the run; repeatable',
    },
    at: { type: 'string', requiresArg: true, describe: 'when it ran, as 2026-01-31T12:00:00Z; the time of the file' },
  },
  sliceless: () => true,
  examples: [['$0 ci import --job smoke results.subunit', 'the results of a run']],
  async run(args, context) {
    const at = args.at === undefined ? undefined : parseTime(args.at);
    const metadata = Object.fromEntries(args.meta.map(parseMeta));
    const [{ importResults }, { renderImport }] = await Promise.all([
      import('../../../ci/results/import-results.js'),
      import('../../render/ci-tests.js'),
    ]);
    const { job, branch, file: files } = args;
    const { cwd, signal } = context;
    await openCiPlace(args, context, async ({ store }) => {
      const imported = await importResults(store, { files, cwd, at, job, branch, metadata, signal });
      renderImport({ version: 1, imported }, args, context);
    });
  },
});

function parseTime(text: string): string {
  const time = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time)) return new Date(time).toISOString();
  throw new VirtbsError('usage', `--at ${JSON.stringify(text)}: this is no time`, {
    hint: 'give one as 2026-01-31T12:00:00Z',
  });
}

function parseMeta(text: string): readonly [string, string] {
  const [, key, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new VirtbsError('usage', `--meta ${JSON.stringify(text)}: it is not KEY=VALUE`);
}
