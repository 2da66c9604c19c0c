import { readFile } from 'node:fs/promises';
import { outputPaths } from '../filenames.js';
import type { State } from './state-schema.js';

/** The state that was written of a slice; nothing where there is none, or none that this version knows. */
export async function readStateFile(outputDirectory: string, slice: number): Promise<State | undefined> {
  const text = await readFile(outputPaths(outputDirectory, slice).state, 'utf8').catch(() => null);
  if (text === null) return undefined;
  const { stateSchema } = await import('./state-schema.js');
  const result = stateSchema.safeParse(parse(text));
  return result.success && result.data.slice === slice ? result.data : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
