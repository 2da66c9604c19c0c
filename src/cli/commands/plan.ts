import { defineCommand } from '../define-command.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS, planRequest } from '../plan-positionals.js';
import { writeJson } from '../json-results.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { PlanRequest } from '../../workplace/load-plan.js';
import type { Workplace } from '../../workplace/workplace.js';

export const planCommand = defineCommand({
  command: 'plan [layers] [topology..]',
  describe: 'show what cycle would make: names, addresses, disks; changes nothing',
  positionals: PLAN_POSITIONALS,
  options: PLAN_OPTIONS,
  examples: [['$0 plan roles controller:1 worker:2 --json', 'the plan for programs']],
  topologyFile: (args) => args.file,
  async run(args, context) {
    const [{ openPlace }, { planJson }, { renderPlan }, { tableWidth }] = await Promise.all([
      import('../open-place.js'),
      import('../../plan/plan-json.js'),
      import('../render/plan.js'),
      import('../render/table.js'),
    ]);
    await using place = openPlace({ ...args, topologyFile: args.file }, context);
    const plan = await findPlan(place, planRequest(args));
    if (args.json) writeJson('plan', planJson(plan), context);
    else context.stdout.write(renderPlan(plan, tableWidth(context.stdout)));
  },
});

/** The machines that a configuration names are planned without a word. */
async function findPlan(place: Workplace, request: PlanRequest): Promise<SlicePlan> {
  const { standing } = await place.features();
  if (!standing || request.layers !== undefined) return await place.plan(request);
  const { readSlice } = await import('../../slice/standing-slice.js');
  return (await readSlice(await place.standing(request.slice), place.verb)).plan;
}
