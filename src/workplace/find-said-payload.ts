import { dirname, resolve } from 'node:path';
import type { FileBytes } from '../yaml/read-bytes.js';
import type { Override } from '../config/read-override.js';

export interface SaidPayloadRequest {
  /** Configuration files, each laid over those before it; absolute. */
  readonly files: readonly string[];
  readonly overrides: readonly Override[];
  readonly cwd: string;
  readonly read: (path: string) => Promise<FileBytes>;
}

/**
 * Returns the payload that the last of the files and overrides names; undefined for none. A folder counts from that of its file.
 * What is wrong in the files is told later.
 */
export async function findSaidPayload({
  files,
  overrides,
  cwd,
  read,
}: SaidPayloadRequest): Promise<string | undefined> {
  const candidates = [
    ...(overrides.length > 0 ? [{ files: [], overrides, folder: cwd }] : []),
    ...files.toReversed().map((file) => ({ files: [file], overrides: [], folder: dirname(file) })),
  ];
  for (const { folder, ...given } of candidates) {
    if (!(await mayName(given, read))) continue;
    const { readEarly } = await import('../config/read-early.js');
    const text = await readEarly('payload', { ...given, cwd, read });
    if (text === undefined) continue;
    const { readPayloadReference } = await import('../payload/payload-reference.js');
    return readPayloadReference(text).kind === 'folder' ? resolve(folder, text) : text;
  }
  return undefined;
}

/** False where no parser is needed to see that there is no payload. */
async function mayName(
  { files, overrides }: Pick<SaidPayloadRequest, 'files' | 'overrides'>,
  read: SaidPayloadRequest['read'],
): Promise<boolean> {
  if (overrides.some(({ text }) => text.includes('payload'))) return true;
  const contents = await Promise.all(files.map(read));
  return contents.some(({ bytes }) => !(bytes instanceof Error) && Buffer.from(bytes).includes('payload'));
}
