import { argv, pid } from 'node:process';
import { KILLED_TASKS, oneByOne } from './killed-tasks.js';
import { openTaskBench } from './task-bench.js';

/** Does tasks, and is killed when so many bytes of orders have gone to the node; without a number notes all orders. */
const [, , folder = '', bytes = ''] = argv;

const bench = await openTaskBench(folder, ['controller:1']);
const { command } = await bench.options(KILLED_TASKS);
await bench.do(KILLED_TASKS, {
  command: (hostname) => (script, where) => {
    const relay = bytes === '' ? `tee ${folder}/orders` : `{ dd bs=1 count=${bytes}; kill -9 ${pid}; }`;
    return oneByOne(folder, ['sh', '-c', `${relay} 2>/dev/null | "$@"`, 'sh', ...command(hostname)(script, where)]);
  },
});
