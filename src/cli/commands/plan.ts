import type { Command } from '../command.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS } from '../plan-positionals.js';
import { writeJson } from '../json-results.js';

export const planCommand: Command = {
  command: 'plan [layers] [topology..]',
  describe: 'show what cycle would build: names, addresses, disks; changes nothing',
  positionals: PLAN_POSITIONALS,
  options: PLAN_OPTIONS,
  examples: [['$0 plan roles controller:1 worker:2 --json', 'the plan for programs']],
  async run(args, context) {
    const [{ loadPlan }, { planJson }, { renderPlan }, { tableWidth }] = await Promise.all([
      import('../load-plan.js'),
      import('../../plan/plan-json.js'),
      import('../render/plan.js'),
      import('../render/table.js'),
    ]);
    const { plan } = await loadPlan(args, context);
    if (args.json) writeJson('plan', planJson(plan), context);
    else context.stdout.write(renderPlan(plan, tableWidth(context.stdout)));
  },
};
