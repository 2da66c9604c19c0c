/** A build among all: `SLOT/BUILD`. */
export function buildName({ slot, build }: { readonly slot: string; readonly build: string }): string {
  return `${slot}/${build}`;
}
