import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { loadKoffi } from '../load-koffi.js';

/** Milliseconds between two looks. */
const INTERVAL = 500;

// From <poll.h>; the same on every architecture of Linux.
const POLLERR = 8;
const POLLHUP = 16;

/**
 * Looks whether anybody still reads the pipe, the socket or the terminal that we write to, until disposed: a writer with nothing to say
 * would not learn it from a failed write.
 *
 * @param onGone called once
 */
export async function watchReader(descriptor: number, onGone: () => void): Promise<Disposable> {
  const stats = fstatSync(descriptor);
  if (!stats.isFIFO() && !stats.isSocket() && !isatty(descriptor)) return { [Symbol.dispose]: () => undefined };
  const isGone = await loadIsGone(descriptor);
  const timer = setInterval(() => {
    if (!isGone()) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Binds poll(2) of the C library. A pipe without readers has POLLERR; a socket or a terminal whose other end is closed, POLLHUP. */
async function loadIsGone(descriptor: number): Promise<() => boolean> {
  const koffi = await loadKoffi();
  const poll: (fds: Buffer, count: number, timeout: number) => unknown = koffi
    .load('libc.so.6')
    .func('int poll(void *fds, unsigned long count, int timeout)');
  // struct pollfd: int fd; short events; short revents. Both bits are told without being asked for.
  const words = new Int16Array(4);
  new Int32Array(words.buffer)[0] = descriptor;
  const question = Buffer.from(words.buffer);
  return () => {
    poll(question, 1, 0);
    return ((words[3] ?? 0) & (POLLERR | POLLHUP)) !== 0;
  };
}
