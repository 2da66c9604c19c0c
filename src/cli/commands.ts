import type { Command } from './command.js';
import { ciCommand } from './commands/ci.js';
import { checkpointCommand } from './commands/checkpoint.js';
import { completionCommand } from './commands/completion.js';
import { configCommand } from './commands/config.js';
import { cpCommand } from './commands/cp.js';
import { cycleCommand } from './commands/cycle.js';
import { forwardCommand } from './commands/forward.js';
import { helpCommand } from './commands/help.js';
import { hostCommand } from './commands/host.js';
import { imageCommand } from './commands/image.js';
import { inventoryCommand } from './commands/inventory.js';
import { gitlabCommand } from './commands/gitlab.js';
import { graphCommand } from './commands/graph.js';
import { initCommand } from './commands/init.js';
import { labCommand } from './commands/lab.js';
import { leaseCommand } from './commands/lease.js';
import { lsCommand } from './commands/ls.js';
import { manCommand } from './commands/man.js';
import { payloadCommand } from './commands/payload.js';
import { planCommand } from './commands/plan.js';
import { quickstartCommand } from './commands/quickstart.js';
import { tagCommand } from './commands/tag.js';
import { tagactiveCommand } from './commands/tagactive.js';
import { untagCommand } from './commands/untag.js';
import { rebootCommand } from './commands/reboot.js';
import { restoreCommand } from './commands/restore.js';
import { snapshotCommand } from './commands/snapshot.js';
import { snapshotsCommand } from './commands/snapshots.js';
import { sshConfigCommand } from './commands/ssh-config.js';
import { startCommand } from './commands/start.js';
import { stopCommand } from './commands/stop.js';
import { replaceCommand } from './commands/replace.js';
import { upCommand } from './commands/up.js';
import { statusCommand } from './commands/status.js';
import { versionCommand } from './commands/version.js';
import { waitCommand } from './commands/wait.js';
import { consoleCommand } from './commands/console.js';
import { logCommand } from './commands/log.js';
import { runCommand } from './commands/run.js';
import { runnerCommand } from './commands/runner.js';
import { sshCommand } from './commands/ssh.js';
import { syncCommand } from './commands/sync.js';
import { topCommand } from './commands/top.js';
import { reapCommand } from './commands/reap.js';
import { doCommand } from './commands/do.js';
import { tasksCommand } from './commands/tasks.js';
import { withCommand } from './commands/with.js';
import { wipeCommand } from './commands/wipe.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  cycleCommand,
  upCommand,
  replaceCommand,
  withCommand,
  leaseCommand,
  wipeCommand,
  reapCommand,
  startCommand,
  stopCommand,
  rebootCommand,
  waitCommand,
  snapshotCommand,
  restoreCommand,
  snapshotsCommand,
  checkpointCommand,
  doCommand,
  tasksCommand,
  initCommand,
  payloadCommand,
  statusCommand,
  sshCommand,
  sshConfigCommand,
  runCommand,
  syncCommand,
  cpCommand,
  forwardCommand,
  consoleCommand,
  logCommand,
  topCommand,
  graphCommand,
  planCommand,
  lsCommand,
  configCommand,
  inventoryCommand,
  imageCommand,
  tagCommand,
  untagCommand,
  tagactiveCommand,
  ciCommand,
  gitlabCommand,
  runnerCommand,
  hostCommand,
  quickstartCommand,
  labCommand,
  completionCommand,
  manCommand,
  helpCommand,
  versionCommand,
];
