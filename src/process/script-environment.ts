import { env } from 'node:process';

const KEPT = [
  ['HOME', 'USER', 'LOGNAME', 'TMPDIR'],
  ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
].flat();

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * The environment for programs that must do the same whoever starts them: who one is, where the PATH leads, how one reaches
 * the outside, and nothing else; everything else is set to nothing.
 */
export function scriptEnvironment(): Readonly<Record<string, string | undefined>> {
  const path = [...new Set([...(env['PATH'] ?? '').split(':'), ...SYSTEM_PATH])].filter((folder) => folder !== '');
  const unset = Object.keys(env).map((name) => [name, undefined] as const);
  const kept = KEPT.map((name) => [name, env[name]] as const);
  return { ...Object.fromEntries([...unset, ...kept]), PATH: path.join(':'), LANG: 'C.UTF-8' };
}
