/** The socket of systemd-resolved. */
export const RESOLVED_SOCKET = '/run/systemd/resolve/io.systemd.Resolve';

/**
 * Tells whether that version of libvirt can tell systemd-resolved which names a network answers for.
 *
 * Source: https://libvirt.org/formatnetwork.html#connectivity, `register`
 *
 * @param version `10.1.0`
 */
export function registersNames(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 10 || (major === 10 && minor >= 1);
}
