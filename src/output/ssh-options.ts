import { OUTPUT_NAMES, outputPaths, type SlicePaths } from '../filenames.js';
import { jumpDestination, type JumpHost } from '../config/jump-host.js';
import { shellQuote } from '../text/shell-quote.js';

export interface SshOptionsRequest {
  readonly slice: number;
  readonly paths: SlicePaths;
  /** The folder that known hosts are in. */
  readonly outputDirectory: string;
}

/** Options of ssh for a VM, besides its address. Values are as ssh takes them, without quotes for blanks. */
export type SshOptions = Readonly<Record<string, string>>;

/** The longest path of a Unix socket, with room for the random suffix ssh puts behind it. Source: unix(7), ssh's mux.c. */
const SOCKET_PATH_LIMIT = 107 - 17;
const CONTROL_HASH_LENGTH = 40;

/** Host keys are the planned ones, on pain of refusal, and nothing is asked. Source: ssh_config(5) */
const STRICT: SshOptions = {
  IdentitiesOnly: 'yes',
  GlobalKnownHostsFile: '/dev/null',
  StrictHostKeyChecking: 'yes',
  UpdateHostKeys: 'no',
  HostKeyAlgorithms: 'ssh-ed25519',
  PasswordAuthentication: 'no',
  KbdInteractiveAuthentication: 'no',
  ForwardAgent: 'no',
  ServerAliveInterval: '15',
  ServerAliveCountMax: '4',
};

/** Returns the options for this machine: known hosts by their path, connections shared. */
export function localSshOptions({ slice, paths, outputDirectory }: SshOptionsRequest): SshOptions {
  const { knownHosts } = outputPaths(outputDirectory, slice);
  return { UserKnownHostsFile: literalPath(knownHosts), ...STRICT, ...controlMaster(paths) };
}

/**
 * Returns the options for another machine, to which the file is copied together with the known hosts.
 *
 * @param folder where they are there; ssh takes a relative path from where it is called
 */
export function remoteSshOptions(slice: number, jump: JumpHost, folder = ''): SshOptions {
  const UserKnownHostsFile = `${folder}${OUTPUT_NAMES.knownHosts(slice)}`;
  return { UserKnownHostsFile, ...STRICT, ProxyJump: jumpDestination(jump) };
}

/** The options as words for a shell: `-o UserKnownHostsFile=… -o …`. */
export function sshArguments(options: SshOptions): string {
  return Object.entries(options)
    .map(([option, value]) => `-o ${shellQuote(`${option}=${quotedValue(value)}`)}`)
    .join(' ');
}

/** ssh takes `%` as the start of a token; a literal one is written twice. */
export function literalPath(path: string): string {
  return path.replaceAll('%', '%%');
}

/** A value with blanks needs quotes. */
export function quotedValue(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

/** A shared connection lives in the slice's own folder, so that it ends with the slice; where that path is too long, none. */
function controlMaster({ mux }: SlicePaths): SshOptions {
  if (Buffer.byteLength(mux) + 1 + CONTROL_HASH_LENGTH > SOCKET_PATH_LIMIT) {
    return { ControlMaster: 'no', ControlPath: 'none' };
  }
  return { ControlMaster: 'auto', ControlPath: `${literalPath(mux)}/%C`, ControlPersist: '60s' };
}
