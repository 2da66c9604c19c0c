/** Characters of a comment that are kept: far more than a person writes to a machine. */
const LONGEST = 16 * 1024;

const HEADER = /^\s*Patch Set (\d+):[ \t]*/;

export interface CommentText {
  /** The patch set that Gerrit names in the first line. */
  readonly patchSet: number | undefined;
  /** The votes, if there are any, and what was written, without Gerrit's own `Patch Set N:`. */
  readonly text: string;
}

/** Takes a comment apart: Gerrit puts `Patch Set N: Verified+1` and an empty line before what was written. */
export function readComment(comment: string): CommentText {
  const header = HEADER.exec(comment);
  const text = comment.slice(header?.[0].length ?? 0).replaceAll('\r\n', '\n');
  return { patchSet: header ? Number(header[1]) : undefined, text: text.trim().slice(0, LONGEST) };
}
