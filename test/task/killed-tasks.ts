/** Tasks of which one may not be run again, one gives a value, and one takes it. */
export const KILLED_TASKS = `
tasks:
  once: { on: all, repeatable: false, gives: [token], run: 'echo once >>$TRACE; echo token=7 >$VIRTBS_GIVES' }
  more: { on: all, wants: [once], takes: [token], run: 'echo "more $token" >>$TRACE; echo said' }
`;

/** Returns a command that begins when others of the folder have ended, as a guest ends what a connection has left. */
export function oneByOne(folder: string, words: readonly string[]): readonly [string, ...string[]] {
  return ['flock', '-o', `${folder}/lock`, ...words];
}
