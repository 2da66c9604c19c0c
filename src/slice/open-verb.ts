import type { VerbContext } from '../events.js';
import { prepareRoot } from '../files/prepare-root.js';
import { checkOutputFiles, prepareOutputDirectory } from '../output/output-files.js';
import { recordTimings, runPhase, type Timings } from '../run-phase.js';
import { lockSlice, type SliceLockOptions } from './lock-slice.js';

export interface OpenVerbOptions<T> extends SliceLockOptions {
  /** Makes no folder and takes no lock. */
  readonly dryRun: boolean;
  /** The folder that files are written to, where some are: checked and made before anything else. */
  readonly outputDirectory?: string;
  /** Milliseconds that were spent before, on reading the configuration. */
  readonly loadMilliseconds?: number;
  /** Looks at the slice once nobody else changes it. */
  readonly inspect: (context: VerbContext) => Promise<T>;
}

/** A verb that has begun; nobody else changes its slice until it is disposed of. */
export interface OpenVerb<T> extends AsyncDisposable {
  /** The context for the rest of the verb, which times its phases. */
  readonly context: VerbContext;
  /** Milliseconds of each phase that has ended. */
  readonly timings: Timings;
  /** The result of the look at the slice. */
  readonly found: T;
}

/** Begins a verb that changes a slice: folders, lock, a look at the slice. @throws what `lockSlice` and `inspect` throw */
export async function openVerb<T>(
  options: OpenVerbOptions<T>,
  { emit: tell, signal }: VerbContext,
): Promise<OpenVerb<T>> {
  const { slice, root, dryRun, outputDirectory, loadMilliseconds, inspect } = options;
  const { emit, timings } = recordTimings(tell);
  const context = { emit, signal };
  if (loadMilliseconds !== undefined) {
    emit({ type: 'phase-end', phase: 'configuration', milliseconds: loadMilliseconds });
  }
  if (outputDirectory !== undefined) await checkOutputFiles(slice, outputDirectory);
  if (!dryRun) {
    if (outputDirectory !== undefined) await prepareOutputDirectory(outputDirectory);
    await prepareRoot(root);
  }
  const lock = dryRun ? undefined : await runPhase(emit, 'lock', () => lockSlice(options, context));
  const end = async (): Promise<void> => lock?.[Symbol.asyncDispose]();
  try {
    const found = await runPhase(emit, 'inspect', () => inspect(context));
    return { context, timings, found, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
