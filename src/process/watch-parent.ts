/** Milliseconds between two looks. */
const INTERVAL = 500;

/** The process that init adopts orphans for, and that never ends. */
const INIT = 1;

/**
 * Looks whether the process that started us still lives, until disposed. Who was started by init, or is an orphan already, has no parent
 * to lose.
 *
 * @param onGone called once
 * @param readParent the number of the parent process
 */
export function watchParent(onGone: () => void, readParent: () => number): Disposable {
  const first = readParent();
  const timer = setInterval(() => {
    if (first === INIT || readParent() === first) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
