import { setMaxListeners } from 'node:events';

/**
 * Calls a listener when the signal is raised, until disposed. Where it was raised before it is called at once. Many VMs may wait
 * for one signal: Node's warning of a leak, from the eleventh listener on, is for something else.
 */
export function onAbort(signal: AbortSignal, listener: () => void): Disposable {
  setMaxListeners(0, signal);
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', listener) };
}
