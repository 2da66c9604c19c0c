import { hidePassword } from '../text/hide-password.js';
import { shellQuote } from '../text/shell-quote.js';
import { DEFAULT_CONNECT, type WorkplaceSettings } from './workplace-settings.js';

/** Returns how hints write commands for a slice, with the options that say where and with what: `virtbs -s 1 -c cluster.yaml do`. */
export function repeatCommand(
  settings: Pick<
    WorkplaceSettings,
    'driver' | 'connect' | 'root' | 'payload' | 'project' | 'files' | 'overrides' | 'topologyFile' | 'outputDirectory'
  >,
  slice: number,
): (words: readonly string[]) => string {
  const { driver, connect = DEFAULT_CONNECT, root, payload, project, outputDirectory = '.' } = settings;
  const { files = [], overrides = [], topologyFile } = settings;
  const place = [
    'virtbs',
    '-s',
    String(slice),
    ...(driver === undefined ? [] : ['--driver', driver]),
    ...(connect === DEFAULT_CONNECT ? [] : ['--connect', connect]),
    ...(root === undefined ? [] : ['--root', root]),
    ...(outputDirectory === '.' ? [] : ['--output-dir', outputDirectory]),
    ...(payload === undefined ? [] : ['--payload', payload]),
    ...(project === null ? ['--project', 'none'] : []),
    ...(project?.file === undefined ? [] : ['--project', project.file]),
    ...[...files, ...(topologyFile === undefined ? [] : [topologyFile])].flatMap((file) => ['-c', file]),
    ...overrides.flatMap(({ kind, text }) => [kind === 'string' ? '-e' : '-E', hidePassword(text)]),
  ];
  return (words) => [...place, ...words].map(shellQuote).join(' ');
}
