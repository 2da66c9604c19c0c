import type Koffi from 'koffi';

/** Bytes of stack for a call on a worker thread; koffi's default of 128 KiB is little for libvirt's XML validation. */
const ASYNC_STACK_SIZE = 1024 * 1024;

let loading: Promise<typeof Koffi> | undefined;

/** koffi with our settings, which it takes only before the first library is loaded, whichever that is. */
export function loadKoffi(): Promise<typeof Koffi> {
  loading ??= import('koffi').then(({ default: koffi }) => {
    koffi.config({ ...koffi.config(), async_stack_size: ASYNC_STACK_SIZE });
    return koffi;
  });
  return loading;
}
