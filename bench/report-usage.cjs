'use strict';
// Loaded before virtbs by `node --require`, as that costs least: what this process has used, as JSON for who measures it.
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const used = { cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 };
  require('node:fs').writeFileSync(process.env.VIRTBS_BENCH_USAGE, JSON.stringify(used));
});
