import type { Trial } from './trial.js';

/** The packages of Kubernetes are on a site of their own, which not every machine reaches: a stand-in takes their place. */
export const trial: Trial = {
  fewest: ['kubernetes', 'controller:2', 'worker:2'],
  over: 'kubernetes/stand-in.yaml',
  more: {
    'one replaced': async ({ virtbs, vms }) => {
      await virtbs('replace', vms.at(-1) ?? '');
      await virtbs('do');
    },
  },
};
