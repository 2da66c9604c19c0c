import { env } from 'node:process';

/** Why the tests on a real cloud cannot run here, or false: they make and destroy things in the project they are let into. */
export const noCloud: string | false =
  env['OS_CLOUD'] || env['OS_AUTH_URL']
    ? false
    : 'needs a cloud: test/openstack/run brings one up, or set OS_CLOUD or OS_AUTH_URL and the rest';

/** Whether servers of the cloud boot; the lab can be told that they do not. */
export const guestsBoot = env['LAB_COMPUTE'] !== 'fake';
