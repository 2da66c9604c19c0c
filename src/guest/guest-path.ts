/** A path in VMs, as people write it: `worker:/opt/src`. */
export interface GuestPath {
  /** A VM or a role. */
  readonly vm: string;
  /** Empty for the home of the user that one logs in as. */
  readonly path: string;
}

/** Reads `VM:PATH`, where `~/` is the home of the user; null for a path of this machine, which has no colon before its first slash. */
export function readGuestPath(word: string): GuestPath | null {
  const match = /^([^/:]+):(.*)$/s.exec(word);
  return match ? { vm: match[1] ?? '', path: (match[2] ?? '').replace(/^~(?:\/+|$)/, '') } : null;
}
