/** The exit codes of every command, for the help and the manual page. */
export const EXIT_CODES = [
  [0, 'done'],
  [1, 'failed'],
  [2, 'wrong usage or configuration, nothing was touched'],
  [130, 'interrupted'],
] as const;
