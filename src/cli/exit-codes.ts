/** The exit codes of every command, for the help and the manual page. */
export const EXIT_CODES = [
  [0, 'done'],
  [1, 'failed'],
  [2, 'wrong usage or configuration, nothing was touched'],
  [130, 'interrupted'],
  [141, 'the reader of the output went away before its end'],
] as const;
