/** The option of every command that destroys or installs something. */
export function dryRunOption(what: string) {
  return { type: 'boolean', default: false, describe: `change nothing, say what would be ${what}` } as const;
}
