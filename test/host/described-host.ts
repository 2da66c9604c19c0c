import type { FileFacts, Host, HostUser, ProgramAnswer, Space } from '../../src/host/host.js';

export interface HostDescription {
  readonly user?: HostUser;
  /** Texts by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** By path: `root 755`, `1000 700`; all of them folders. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly unwritable?: readonly string[];
  /** What a command line prints, or its exit code and last words. */
  readonly answers?: Readonly<Record<string, string | readonly [code: number, stderr: string]>>;
  readonly programs?: readonly string[];
  readonly space?: Space;
  /** Whether holders of UDP ports share them, by `ADDRESS PORT`. */
  readonly shares?: Readonly<Record<string, boolean>>;
}

/** A machine as it was seen elsewhere: what is not described is not there. */
export function describedHost(description: HostDescription): Host {
  const { files = {}, folders = {}, unwritable = [], answers = {}, programs = [] } = description;
  return {
    user: description.user ?? { uid: 1000, name: 'ada', groups: [1000] },
    read: async (path) => files[path] ?? null,
    list: async (path) =>
      Object.keys(files)
        .filter((file) => file.startsWith(`${path}/`))
        .map((file) => file.slice(path.length + 1))
        .sort((one, other) => one.localeCompare(other)),
    async stat(path): Promise<FileFacts | null> {
      const [, owner, mode] = /^(\d+|root) (\d+)$/.exec(folders[path] ?? '') ?? [];
      if (mode === undefined)
        return files[path] === undefined ? null : { uid: 0, gid: 0, mode: 0o644, directory: false };
      const uid = owner === 'root' ? 0 : Number(owner);
      return { uid, gid: uid, mode: Number.parseInt(mode, 8), directory: true };
    },
    writable: async (path) => !unwritable.includes(path),
    space: async () => description.space ?? null,
    sharesPort: async (address, port) => description.shares?.[`${address} ${port}`] ?? null,
    find: async (program) => (programs.includes(program) ? `/usr/bin/${program}` : null),
    async run(program, args): Promise<ProgramAnswer | null> {
      const answer = answers[[program, ...args].join(' ')];
      if (answer === undefined) return null;
      if (typeof answer === 'string') return { code: 0, stdout: answer, stderr: '' };
      return { code: answer[0], stdout: '', stderr: answer[1] };
    },
  };
}
