import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { VirtbsError } from '../errors.js';
import type { Guest } from './guest.js';
import { plainText } from '../text/plain-text.js';
import { sshCall } from './ssh-call.js';

export interface ForwardOptions {
  /** The port of this machine; 0 for one that is free. */
  readonly local: number;
  /** The port of the guest. */
  readonly remote: number;
  /** Called with why a connection did not get through. */
  readonly onFailure: (reason: string) => void;
}

/** A port that is forwarded until it is disposed of; connections end with it. */
export interface ForwardedPort extends AsyncDisposable {
  readonly local: number;
}

const LOOPBACK = '127.0.0.1';
/** Characters of ssh's last words. */
const MOST_WORDS = 1000;

/**
 * Listens on loopback alone, and carries each connection to a port of a guest's own loopback, over ssh.
 *
 * @throws VirtbsError `address-in-use` where somebody else listens there
 */
export async function forwardPort(guest: Guest, { local, remote, onFailure }: ForwardOptions): Promise<ForwardedPort> {
  const open = new Set<() => void>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const end = carry(guest, socket, { remote, onFailure });
    open.add(end);
    socket.once('close', () => open.delete(end));
  });
  try {
    server.listen(local, LOOPBACK);
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('address-in-use', `port ${local} of this machine cannot be listened on: ${reason}`, {
      hint: `choose another, or 0 for one that is free: 0:${guest.hostname}:${remote}`,
      cause: error,
    });
  }
  return {
    local: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const end of open) end();
      await closed;
    },
  };
}

/** Carries one connection; returns what ends it. */
function carry(
  guest: Guest,
  socket: Socket,
  { remote, onFailure }: Pick<ForwardOptions, 'remote' | 'onFailure'>,
): () => void {
  const args = sshCall(guest, { connection: 'shared', options: ['-W', `localhost:${remote}`] });
  const child = spawn('ssh', [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-MOST_WORDS);
  });
  let ended = false;
  const end = (): void => {
    ended = true;
    child.kill();
    socket.destroy();
  };
  socket.pipe(child.stdin);
  child.stdout.pipe(socket);
  child.stdin.on('error', () => undefined); // ssh has ended, which is told below
  socket.on('error', end);
  socket.once('close', () => {
    if (!child.stdout.readableEnded) end();
  });
  child.once('error', (error) => {
    onFailure(error.message);
    end();
  });
  child.once('close', (code) => {
    if (ended || code === 0) return;
    const last = plainText(words.trim().split('\n').at(-1) ?? '');
    onFailure(last === '' ? `ssh: exit code ${code}` : last);
    socket.destroy();
  });
  return end;
}
