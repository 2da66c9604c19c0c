import type { CloudsFileOptions } from './clouds-file.js';
import type { Option, OptionSource } from './option-reader.js';

type Environment = CloudsFileOptions['environment'];

/** The name of the environment in messages. */
export const ENVIRONMENT = 'the environment';

/** Variables that choose among clouds, or say where they are told of, and tell of none themselves. */
const SELECTORS = new Set([
  'OS_CLOUD',
  'OS_REGION_NAME',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
  'OS_CLOUD_NAME',
]);

/** Tells whether `OS_*` variables tell of a cloud themselves. */
export function tellsOfCloud(environment: Environment): boolean {
  return Object.keys(environment).some(
    (key) =>
      key.startsWith('OS_') &&
      !SELECTORS.has(key) &&
      !/^OS_(?:TEST|STD|LOG)/.test(key) &&
      readVariable(key, environment) !== undefined,
  );
}

/** The options that `OS_*` variables are. */
export function environmentOptions({ environment, cwd }: CloudsFileOptions): OptionSource {
  return {
    cwd,
    home: environment['HOME'],
    find: (names) => {
      const variables = names.map((name) => `OS_${name.toUpperCase()}`);
      return variables.map((name) => readVariable(name, environment)).find((option) => option !== undefined);
    },
  };
}

/** A variable; one that is empty counts as unset. */
export function readVariable(name: string, environment: Environment): Option | undefined {
  const value = environment[name];
  return value === undefined || value === '' ? undefined : { value, label: name, place: { source: ENVIRONMENT } };
}
