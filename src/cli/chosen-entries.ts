import type { Configuration, ConfigurationEntry } from '../config/configuration.js';
import { DEFAULT_LAYERS } from '../config/check-topology.js';
import { layEntries } from '../config/lay-entries.js';
import { DEFAULT_DRIVER } from '../driver/known-drivers.js';
import { DEFAULT_ROOT } from '../filenames.js';
import type { CommandContext, GlobalArguments } from './command.js';
import { variableName } from './environment-defaults.js';
import { DEFAULT_SLICE } from './parse-slice.js';

/** Options that replace a key of the configuration. */
const OPTIONS = { slice: ['slice'], payload: ['payload'], driver: ['driver'], root: ['paths', 'virtbs_root'] } as const;

/**
 * Returns the values of a configuration with those that options and their variables say, and with defaults that no file has. The
 * source of such a value is `--root`, `VIRTBS_ROOT` or `default`.
 */
export function chosenEntries(
  configuration: Pick<Configuration, 'entries'>,
  args: Pick<GlobalArguments, keyof typeof OPTIONS>,
  { env }: Pick<CommandContext, 'env'>,
): readonly ConfigurationEntry[] {
  const options = Object.entries(OPTIONS) as [keyof typeof OPTIONS, readonly string[]][];
  const chosen = options.flatMap(([option, path]): readonly ConfigurationEntry[] => {
    const text = args[option];
    if (text === undefined) return [];
    const source = env[variableName(option)] === text ? variableName(option) : `--${option}`;
    return [{ path, value: option === 'slice' && /^\d+$/.test(text) ? Number(text) : text, source }];
  });
  const said = layEntries(configuration.entries(), chosen);
  const missing = defaults(said).filter(
    ({ path }) => !said.some((entry) => path.every((key, depth) => key === entry.path[depth])),
  );
  // Which slice that is, is not known before one is taken.
  return layEntries(said, missing).filter(({ path, value }) => path[0] !== 'slice' || value !== 'auto');
}

function defaults(said: readonly ConfigurationEntry[]): readonly ConfigurationEntry[] {
  const source = 'default';
  const asksForVms = said.some(({ path }) => path[0] === 'topology');
  return [
    { path: ['slice'], value: Number(DEFAULT_SLICE), source },
    { path: ['driver'], value: DEFAULT_DRIVER, source },
    { path: ['paths', 'virtbs_root'], value: DEFAULT_ROOT, source },
    ...(asksForVms ? [{ path: ['topology', 'layers'], value: [...DEFAULT_LAYERS], source }] : []),
  ];
}
