import { VirtbsError } from '../errors.js';
import { Secrets } from '../secrets.js';
import type { Relay } from './relay.js';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** One line. */
  readonly subject: string;
  readonly text: string;
}

/** Milliseconds for a relay to close a connection that we have done with. */
const CLOSE_TIMEOUT = 1000;

/**
 * Gives a mail to a relay, which sees to the rest; the signal ends it at once.
 *
 * A password goes to a relay elsewhere through verified TLS alone. Without one the mail is encrypted where the relay offers it, as
 * between mail servers whose certificates nobody verifies.
 *
 * @throws VirtbsError `cancelled`, `mail-failed` where the relay is not reached or takes the mail for none or not for all
 */
export async function sendMail({ to, ...mail }: Mail, relay: Relay, signal: AbortSignal): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const { host, port, secure, login } = relay;
  const isVerified = !isLoopback(host) && (secure || login !== undefined);
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: isVerified,
    tls: { rejectUnauthorized: isVerified },
    forceAuth: login !== undefined,
    socketCloseTimeout: CLOSE_TIMEOUT,
    ...(login && { auth: { user: login.user, pass: login.password } }),
  });
  const secrets = secretsOf(relay);
  try {
    const headers = { 'Auto-Submitted': 'auto-generated' };
    const { rejected } = await transport.sendMail({ ...mail, to: [...to], headers, signal });
    if (rejected.length > 0) throw new Error(`not taken for ${rejected.join(', ')}`);
  } catch (error) {
    if (signal.aborted) throw new VirtbsError('cancelled', 'mail: interrupted');
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('mail-failed', `mail through ${host}:${port}: ${secrets.hide(reason)}`);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A relay may repeat what it was told, in the form in which it was told. Sources: RFC 4616 (PLAIN), 2195 (CRAM-MD5) */
function secretsOf({ login }: Relay): Secrets {
  const secrets = new Secrets();
  if (!login) return secrets;
  const { user, password } = login;
  for (const text of [password, `\0${user}\0${password}`]) {
    secrets.add(text);
    secrets.add(Buffer.from(text).toString('base64'));
  }
  return secrets;
}
