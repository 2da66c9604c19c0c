import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Starts a real worker on this machine, which stands in for one that a VM would start, as `buildbot.tac` of the guests says.
 *
 * @param folder its own folder, where its log is
 * @param home the checkout
 * @param variables what the worker is told, such as `WORKERNAME`
 */
export function startWorker(
  folder: string,
  home: string,
  variables: Readonly<Record<string, string | undefined>>,
): ChildProcess {
  const log = openSync(join(folder, 'log'), 'w');
  const tac = join(home, 'integrations/buildbot/guest/buildbot.tac');
  const child = spawn('/usr/bin/twistd3', ['--nodaemon', '--pidfile=', `--python=${tac}`], {
    cwd: folder,
    env: { ...process.env, ...variables },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}
