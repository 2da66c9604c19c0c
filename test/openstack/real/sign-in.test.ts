import { readFile } from 'node:fs/promises';
import tap from 'tap';
import * as z from 'zod';
import { virtbsFailure } from '../../image/virtbs-failure.js';
import { openReal, SKIP_REAL } from './real-cloud.js';

const { env } = process;
const signal = new AbortController().signal;

/** The environment without any variable of OpenStack. */
const NOTHING = Object.fromEntries(
  Object.keys(env).flatMap((key) => (key.startsWith('OS_') ? [[key, undefined]] : [])),
);

/** These need to know the password; a cloud of clouds.yaml keeps it to itself. */
const SKIP = SKIP_REAL || (env['OS_PASSWORD'] === undefined && 'OS_PASSWORD is not set');

void tap.test('signing in to a real cloud', { skip: SKIP }, (top) => {
  void top.test('all ways to sign in lead to the same project', async (t) => {
    const cloud = await openReal(t);
    const url = { ...NOTHING, OS_AUTH_URL: env['OS_AUTH_URL'] };
    const isSame = async (variables: Record<string, string | undefined>, how: string): Promise<void> => {
      const { projectId, userId } = await openReal(t, variables);
      t.strictSame({ projectId, userId }, { projectId: cloud.projectId, userId: cloud.userId }, how);
    };
    await isSame({ OS_AUTH_URL: env['OS_AUTH_URL']?.replace(/\/v3\/?$/, '') }, 'an auth url without a version');
    await isSame({ OS_PROJECT_NAME: undefined, OS_PROJECT_ID: cloud.projectId }, 'the id of the project');
    const user = { OS_USERNAME: undefined, OS_USER_ID: cloud.userId };
    await isSame(user, 'the id of the user');

    const path = `/users/${cloud.userId}/application_credentials`;
    const name = `virtbs-${process.pid}`;
    const { application_credential: made } = await cloud.service('identity').request('POST', path, {
      body: { application_credential: { name } },
      schema: z.object({ application_credential: z.object({ id: z.string(), secret: z.string() }) }),
      signal,
    });
    t.teardown(() => cloud.service('identity').send('DELETE', `${path}/${made.id}`, { signal }));
    const secret = { ...url, OS_APPLICATION_CREDENTIAL_SECRET: made.secret };
    await isSame({ ...secret, OS_APPLICATION_CREDENTIAL_ID: made.id }, 'an application credential');
    const byName = { ...secret, OS_APPLICATION_CREDENTIAL_NAME: name, OS_USER_ID: cloud.userId };
    await isSame(byName, 'an application credential by its name');

    const response = await fetch(`${env['OS_AUTH_URL']}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['password'], password: { user: { id: cloud.userId, password: env['OS_PASSWORD'] } } },
        },
      }),
    });
    const token = response.headers.get('x-subject-token') ?? '';
    await isSame({ ...url, OS_AUTH_TYPE: 'v3token', OS_TOKEN: token, OS_PROJECT_ID: cloud.projectId }, 'a token');
  });

  void top.test('clouds.yaml signs in, and the variables do not mix with it', async (t) => {
    const file = env['OS_CLIENT_CONFIG_FILE'];
    if (file === undefined) return t.comment('no OS_CLIENT_CONFIG_FILE');
    const name = /^ {2}([\w-]+):/m.exec(await readFile(file, 'utf8'))?.[1];
    const cloud = await openReal(t, { OS_CLOUD: name, OS_USERNAME: 'nobody' });
    t.equal(cloud.name, name);
  });

  void top.test('who is not let in is told why', async (t) => {
    const wrong: readonly [Record<string, string | undefined>, object][] = [
      [{ OS_PASSWORD: 'no-such-password' }, { code: 'cloud-sign-in', message: /does not take the user and password/ }],
      [{ OS_PROJECT_NAME: 'no-such-project' }, { code: 'cloud-sign-in' }],
      [
        { ...NOTHING, OS_AUTH_URL: env['OS_AUTH_URL'], OS_TOKEN: 'gAAAAno-such-token' },
        { code: 'cloud-sign-in', message: /does not take the token/ },
      ],
    ];
    for (const [variables, found] of wrong) {
      const error = await virtbsFailure(openReal(t, variables));
      t.match(error, found);
      t.notMatch(`${error.message} ${error.stack} ${error.hint}`, /no-such-(?:password|token)/);
    }
  });
  top.end();
});
