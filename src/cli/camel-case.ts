/** Returns the name that code has for an option: `dryRun` for `dry-run`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
