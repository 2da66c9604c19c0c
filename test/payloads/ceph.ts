import type { Trial } from './trial.js';

export const trial: Trial = {
  fewest: ['ceph', 'ceph:1'],
  more: {
    // An OSD that is made takes most of the time, so the last VM has to be made anew where there are others.
    'one replaced': async ({ virtbs, on, vms }) => {
      const last = vms.at(-1);
      if (last === undefined || vms.length < 2) return;
      await virtbs('replace', last);
      await virtbs('do');
      const health = await on(vms[0] ?? '', 'wait-until-healthy >&2; ceph health');
      if (health.trim() !== 'HEALTH_OK') throw new Error(health);
    },
  },
};
