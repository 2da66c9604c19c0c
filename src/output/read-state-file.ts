import { readPlainFile } from '../read-plain-file.js';
import { outputPaths } from '../filenames.js';
import type { State } from './state-schema.js';

/** Bytes; some thousand for each VM. */
const MOST_BYTES = 256 * 1024 ** 2;

/** The state that was written of a slice; nothing where there is none, or none that this version knows. */
export async function readStateFile(outputDirectory: string, slice: number): Promise<State | undefined> {
  const { state } = outputPaths(outputDirectory, slice);
  const bytes = await readPlainFile(state, { most: MOST_BYTES }).catch(() => null);
  if (bytes === null) return undefined;
  const { stateSchema } = await import('./state-schema.js');
  const result = stateSchema.safeParse(parse(String(bytes)));
  return result.success && result.data.slice === slice ? result.data : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
