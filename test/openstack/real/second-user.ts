import { env } from 'node:process';
import type { Test } from 'tap';
import * as z from 'zod';
import type { Cloud } from '../../../src/openstack/cloud.js';
import { withCloud } from './list-cloud.js';

const { signal } = new AbortController();
const idOf = (key: string) => z.object({ [key]: z.object({ id: z.string() }) });
const named = z.object({ id: z.string(), name: z.string() });

/** The variables of a further user of the lab's project, who is gone after the test. */
export async function addUser(t: Test, name: string): Promise<Readonly<Record<string, string>>> {
  const password = 'lab';
  const project = await withCloud(async ({ projectId }) => projectId);
  await asAdmin(async (cloud) => {
    const identity = cloud.service('identity');
    const body = { user: { name, password, domain_id: 'default' } };
    const made = await identity.request('POST', '/users', { body, schema: idOf('user'), signal });
    const path = `/users/${made['user']?.id ?? ''}`;
    t.teardown(() => asAdmin((admin) => admin.service('identity').send('DELETE', path, { signal })));
    const roles = await identity.list('/roles', 'roles', { schema: named, signal });
    const member = roles.find((role) => role.name === 'member')?.id ?? '';
    await identity.send('PUT', `/projects/${project}${path}/roles/${member}`, { signal });
  });
  return { OS_USERNAME: name, OS_PASSWORD: password };
}

async function asAdmin<T>(work: (cloud: Cloud) => Promise<T>): Promise<T> {
  return await withCloud(work, { ...env, OS_CLOUD: '', OS_USERNAME: 'admin', OS_PROJECT_NAME: 'admin' });
}
