import { runProgram } from '../../src/process/run-program.js';

/** Why tests whose scripts call qemu-img cannot run here, or false where they can. */
export const noQemuImg: string | false = await runProgram('qemu-img', ['--version']).then(
  () => false,
  () => 'needs qemu-img: bin/packages --install --for run',
);
