import { VirtbsError } from '../../../errors.js';
import { defineCommand } from '../../define-command.js';

export const ciRunCommand = defineCommand({
  command: 'run <change>',
  describe: 'run a job by hand, as for an event, and report to nobody',
  positionals: {
    change: {
      type: 'string',
      describe:
        'a folder, which is tested as it is, or what git fetches: refs/changes/26/111226/3, a branch, a revision',
    },
  },
  options: {
    job: { type: 'string', requiresArg: true, describe: 'the job; not needed where there is only one' },
    of: {
      type: 'string',
      requiresArg: true,
      describe: 'the project that a ref is fetched from; not needed where the rules of the job name one',
    },
  },
  sliceless: () => true,
  examples: [
    ['$0 ci run refs/changes/26/111226/3', 'the same as for that patch set, but nobody is told'],
    ['$0 ci run . --job verify', 'the files in this folder'],
  ],
  async run(args, context) {
    const [{ inWorkplace }, { openCi }, { runByHand }, { renderRun }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../ci/open-ci.js'),
      import('../../../ci/watch/run-by-hand.js'),
      import('../../render/ci.js'),
    ]);
    const { change, job, of } = args;
    if (change === '') throw new VirtbsError('usage', 'ci run: the change is empty');
    const run = await inWorkplace(args, context, async (place) => {
      await using ci = await openCi(place, process.pid, { isPatient: true });
      return await runByHand({ change, job, project: of }, ci, place);
    });
    renderRun(run, args, context);
    return run.outcome === 'passed' ? 0 : 1;
  },
});
