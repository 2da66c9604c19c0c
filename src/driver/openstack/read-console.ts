import * as z from 'zod';
import { isCloudError } from '../../openstack/cloud-error.js';
import type { Site } from './site.js';

export interface ConsoleRequest {
  readonly id: string;
  /** Only that many lines from the end. */
  readonly lines?: number;
  readonly signal: AbortSignal;
}

/**
 * Reads what a server wrote to its serial console, as far as the cloud keeps it. Returns nothing where the cloud has no
 * console.
 */
export async function readConsole({ cloud }: Site, { id, lines, signal }: ConsoleRequest): Promise<string> {
  const body = { 'os-getConsoleOutput': lines === undefined ? {} : { length: lines } };
  const schema = z.object({ output: z.string().nullable() });
  try {
    const path = `/servers/${id}/action`;
    const { output } = await cloud.service('compute').request('POST', path, { body, schema, retry: true, signal });
    return output ?? '';
  } catch (error) {
    // Not yet, or not on this cloud.
    if (isCloudError(error, 400, 404, 409, 501)) return '';
    throw error;
  }
}
