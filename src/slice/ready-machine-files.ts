import type { SliceState } from '../driver/types.js';
import { slicePaths } from '../filenames.js';
import { prepareRoot } from '../files/prepare-root.js';
import { checkOutputFiles, prepareOutputDirectory, writeMachineFiles } from '../output/output-files.js';
import type { SlicePlan } from '../plan/plan.js';
import { prepareSliceDirectories } from './prepare-slice-directories.js';
import { writeSliceRecord } from './slice-record.js';
import { generatedFiles } from './wipe.js';

/**
 * Writes the files of a slice that stands without being made, where they are not as they should be: whoever looks at it needs
 * its ssh configuration. The machines themselves are not touched.
 *
 * @throws VirtbsError `file-foreign`, `file-unwritable`
 */
export async function readyMachineFiles(
  plan: SlicePlan,
  { state, outputDirectory }: { readonly state: SliceState; readonly outputDirectory: string },
): Promise<void> {
  const { slice } = plan;
  const { root, created, session } = state;
  const paths = slicePaths(root, slice);
  await checkOutputFiles(slice, outputDirectory);
  await prepareOutputDirectory(outputDirectory);
  await prepareRoot(root);
  await prepareSliceDirectories(paths);
  await writeSliceRecord(paths, { version: 1, files: await generatedFiles(paths, slice, outputDirectory) });
  const nothing = { images: new Map(), imageLabels: {}, facts: new Map() };
  await writeMachineFiles(plan, { root, paths, outputDirectory, created, session, ...nothing });
}
