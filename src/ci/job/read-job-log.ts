import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../../errors.js';
import type { JobRun } from '../queue/job-run.js';

/** Reads the log of a run. @throws VirtbsError `usage` where it has none yet */
export async function* readJobLog({ id, state }: JobRun, logs: string): AsyncGenerator<Uint8Array> {
  const path = join(logs, String(id), 'job.log');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) throw new VirtbsError('usage', `run ${id} has no log: it is ${state}`);
  for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
}
