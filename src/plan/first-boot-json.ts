import { basename } from 'node:path';
import { isText } from '../config/first-boot-schema.js';
import type { VmPlan } from './plan.js';

/** What a VM is given at its first boot, for programs: paths and names, without the texts themselves. */
export interface FirstBootJson {
  readonly files: readonly string[];
  readonly packages: readonly string[];
  /** Names of files, or `inline-1` for a text, with the number of the script. */
  readonly scripts: readonly string[];
  /** How many entries the list of keys has. */
  readonly sshKeys: number;
  /** The path of the file; `inline` for a text; null for none. */
  readonly userData: string | null;
}

export function firstBootJson({ firstBoot }: Pick<VmPlan, 'firstBoot'>): FirstBootJson | undefined {
  if (!firstBoot) return undefined;
  const { files = [], packages = [], scripts = [], sshKeys = [], userData } = firstBoot;
  return {
    files: files.map(({ path }) => path),
    packages,
    scripts: scripts.map((script, index) => {
      const file = typeof script === 'string' ? script : script.file;
      return file === undefined ? `inline-${index + 1}` : basename(file);
    }),
    sshKeys: sshKeys.length,
    userData: userData === undefined ? null : isText(userData) ? 'inline' : userData,
  };
}
