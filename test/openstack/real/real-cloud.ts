import type { Test } from 'tap';
import type { Cloud } from '../../../src/openstack/cloud.js';
import { openCloud } from '../../../src/openstack/open-cloud.js';

const { env } = process;

/** Why tests on a real cloud are left out; false where one is named. */
export const SKIP_REAL =
  env['OS_CLOUD'] === undefined && env['OS_AUTH_URL'] === undefined
    ? 'no cloud is named by OS_CLOUD or OS_AUTH_URL: lab/openstack/up npx tap run test/openstack/real'
    : false;

/** Signs in to the cloud that the environment names, with other variables laid over it; it ends with the test. */
export async function openReal(t: Test, variables: Readonly<Record<string, string | undefined>> = {}): Promise<Cloud> {
  const cloud = await openCloud({
    environment: { ...env, ...variables },
    emit: (event) => {
      if (event.type === 'warning') t.comment(event.message);
    },
    signal: new AbortController().signal,
  });
  t.teardown(() => cloud[Symbol.asyncDispose]());
  return cloud;
}
