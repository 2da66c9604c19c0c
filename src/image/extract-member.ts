import { VirtbsError } from '../errors.js';
import { decode, startDecoder } from './decoder.js';

/** Letters that begin a line of tar's listing where a member is not a plain file. */
const KINDS: Readonly<Record<string, string>> = {
  d: 'a folder',
  l: 'a symbolic link',
  h: 'a link to another member',
  b: 'a device',
  c: 'a device',
  p: 'a named pipe',
};

/**
 * The bytes of one file in a tar archive, taken out by tar while the archive comes; holes of a sparse member come as zeros.
 * Where a name is in the archive twice, the first counts. See {@link decode}.
 *
 * @param member the name exactly as the archive has it
 * @throws VirtbsError `image-corrupt` where it is not in the archive or no plain file, or the archive is damaged;
 *   `program-missing`; what the source of the bytes throws
 */
export function extractMember(chunks: AsyncIterable<Buffer>, member: string): AsyncGenerator<Buffer> {
  // Twice verbose, it says on stderr what it takes out, one line each as ls -l does.
  const options = ['--extract', '--to-stdout', '-vv', '--file=-', '--occurrence=1', '--no-recursion', '--no-wildcards'];
  const judge = (words: string, ending: string | null) => judgeEnding(member, words, ending);
  const decoder = startDecoder({ program: 'tar', args: [...options, '--', member], stopsEarly: true, judge });
  return decode(chunks, decoder, (cause) => damaged('the data ends before the file does', cause));
}

function judgeEnding(member: string, words: string, ending: string | null): VirtbsError | undefined {
  const [listed = '', ...complaints] = words.split('\n');
  const type = /^([-a-zA-Z])[-rwxsStT]{9}/.exec(listed)?.[1];
  const kind = type === undefined ? undefined : KINDS[type];
  if (kind !== undefined) {
    return new VirtbsError('image-corrupt', `${JSON.stringify(member)} in the archive is ${kind}, no file`, {
      hint: 'give the path of the image itself as member: tar -tvf ARCHIVE lists what there is',
    });
  }
  if (ending === null) return undefined;
  if (type !== undefined) return damaged(complaints.join('; ') || ending);
  return new VirtbsError(
    'image-corrupt',
    `the file is no archive that has ${JSON.stringify(member)}: tar: ${listed || ending}`,
    {
      hint: 'correct member in the recipe to what tar -tf ARCHIVE lists, as it is written there, with any ./ before it',
    },
  );
}

function damaged(words: string, cause?: unknown): VirtbsError {
  return new VirtbsError('image-corrupt', `the archive is damaged: tar: ${words}`, {
    hint: 'it is damaged where it comes from, or cut off: compare its digest, or take it from another mirror',
    cause,
  });
}
