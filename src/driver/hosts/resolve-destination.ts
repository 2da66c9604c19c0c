import { VirtbsError } from '../../errors.js';
import { runProgram } from '../../process/run-program.js';
import { shellQuote } from '../../text/shell-quote.js';
import type { Destination } from './destination.js';

/** A destination as the user's ssh configuration resolves it. */
export interface ResolvedDestination {
  readonly host: string;
  readonly user: string;
  readonly options: Readonly<Record<string, string | readonly string[]>>;
  readonly knownHosts?: readonly string[];
}

/** Options that are taken over, as `ssh -G` prints them and as ssh_config(5) writes them. */
const TAKEN: Readonly<Record<string, string>> = {
  port: 'Port',
  hostkeyalias: 'HostKeyAlias',
  hostkeyalgorithms: 'HostKeyAlgorithms',
  identitiesonly: 'IdentitiesOnly',
  identityagent: 'IdentityAgent',
  addressfamily: 'AddressFamily',
  bindaddress: 'BindAddress',
  bindinterface: 'BindInterface',
  proxycommand: 'ProxyCommand',
};

/** Options that have several values, each on a line. */
const LISTS: Readonly<Record<string, string>> = { identityfile: 'IdentityFile', certificatefile: 'CertificateFile' };

/** Milliseconds; ssh only reads files for it. */
const LIMIT = 30_000;

/**
 * Asks ssh what the user's configuration says of a destination, so that names, jump hosts and keys of it hold for virtbs too.
 *
 * Source: ssh(1), -G; ssh_config(5)
 *
 * @throws VirtbsError `config-invalid` where ssh cannot read it
 */
export async function resolveDestination(
  { host, user, port }: Destination,
  { sshConfig, identityFile }: { readonly sshConfig: string; readonly identityFile: string | undefined },
  signal: AbortSignal,
): Promise<ResolvedDestination> {
  const asked = [
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(identityFile === undefined ? [] : ['-i', identityFile, '-o', 'IdentitiesOnly=yes']),
  ];
  const { stdout } = await runProgram('ssh', ['-G', '-F', sshConfig, ...asked, '--', host], {
    signal,
    timeout: LIMIT,
  }).catch((cause: unknown) => {
    if (!(cause instanceof VirtbsError) || cause.code === 'cancelled' || cause.code === 'program-missing') throw cause;
    throw new VirtbsError('config-invalid', `${sshConfig}: ssh cannot use it for ${host}: ${cause.message}`, {
      hint: `see what ssh says: ssh -G -F ${sshConfig} ${host}`,
      cause,
    });
  });
  const lines = stdout.split('\n').flatMap((line): [string, string][] => {
    const [, name, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  const last = new Map(lines);
  const jump = last.get('proxyjump') ?? 'none';
  const knownHosts = last.get('userknownhostsfile')?.split(' ');
  return {
    host: last.get('hostname') ?? host,
    user: last.get('user') ?? user ?? '',
    options: {
      ...Object.fromEntries(
        lines.flatMap(([name, value]) => (TAKEN[name] === undefined ? [] : [[TAKEN[name], value]])),
      ),
      ...Object.fromEntries(
        Object.entries(LISTS).flatMap(([name, option]) => {
          const values = lines.flatMap(([each, value]) => (each === name ? [value] : []));
          return values.length === 0 ? [] : [[option, values]];
        }),
      ),
      ...(jump !== 'none' && { ProxyCommand: jumpCommand(jump, sshConfig) }),
    },
    ...(knownHosts && { knownHosts }),
  };
}

/**
 * Returns the command that goes through jump hosts as ssh itself would, but with the configuration in which they are named.
 *
 * Source: ssh_config(5), ProxyJump and ProxyCommand
 */
function jumpCommand(jump: string, sshConfig: string): string {
  const hops = jump.split(',');
  const last = hops.pop() ?? '';
  const through = hops.length === 0 ? '' : `-J ${shellQuote(hops.join(','))} `;
  const file = shellQuote(sshConfig).replaceAll('%', '%%');
  return `ssh -F ${file} ${through}-W '[%h]:%p' ${shellQuote(last.includes('://') ? last : `ssh://${last}`)}`;
}
