import { connect } from 'node:net';
import { onAbort } from '../process/on-abort.js';

/** The answer of the other end: an ssh server, a host without one, or nobody yet. */
export type SshAnswer = 'banner' | 'refused' | 'silence';

/**
 * Milliseconds after which an unanswered connection is tried anew. Shorter than TCP's own first retransmission (1 s, RFC
 * 6298), which a guest that comes up in between would have to wait for.
 */
const CONNECT_LIMIT = 250;
/** Milliseconds for a server that has accepted to say its first word; a guest under emulation may be slow. */
const BANNER_LIMIT = 10_000;

/** Tries once whether an ssh server speaks at the address, port 22. Never throws. */
export async function readSshBanner(address: string, signal: AbortSignal): Promise<SshAnswer> {
  return await new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const timer = setTimeout(() => finish('silence'), CONNECT_LIMIT);
    let abort: Disposable | undefined;
    const finish = (answer: SshAnswer): void => {
      clearTimeout(timer);
      abort?.[Symbol.dispose]();
      socket.destroy();
      resolve(answer);
    };
    abort = onAbort(signal, () => finish('silence'));
    socket.on('connect', () => {
      clearTimeout(timer);
      socket.setTimeout(BANNER_LIMIT, () => finish('refused'));
    });
    socket.on('data', (data) => finish(data.toString('latin1').startsWith('SSH-') ? 'banner' : 'refused'));
    socket.on('error', (error) => finish('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'silence'));
    socket.on('end', () => finish('refused'));
  });
}
