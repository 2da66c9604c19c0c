import { writeFile } from 'node:fs/promises';
import type { Driver } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { deriveUuid } from '../plan/derive-uuid.js';
import type { Console } from './find-console.js';

/** Brings the log of a serial console up to date, where it is kept elsewhere. */
export async function fetchConsole(
  { hostname, domain, path }: Console,
  driver: Pick<Driver, 'readConsole'>,
  context: VerbContext,
): Promise<void> {
  const vm = { hostname, domain, uuid: deriveUuid(`domain:${domain}`) };
  const text = await driver.readConsole?.(vm, context);
  if (text !== undefined) await writeFile(path, text, { mode: 0o600 });
}
