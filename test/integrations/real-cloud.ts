import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { Master } from '../e2e/buildbot/master.js';
import { slices } from '../e2e/buildbot/slices.js';
import { StandIn } from '../e2e/buildbot/stand-in.js';
import { until } from '../e2e/buildbot/until.js';
import { runVirtbs } from '../e2e/run-virtbs.js';

const MINUTES = 60_000;

/**
 * Called by `test/integrations/run --openstack`, in a cloud: the worker is configured with the arguments of Buildbot's own worker
 * for OpenStack.
 */
t.test('a build runs on a worker in a cloud, which leaves nothing', { timeout: 60 * MINUTES }, async (t) => {
  const home = await packageDirectory();
  const directory = t.testdir();
  const configuration = join(directory, 'cloud.yaml');
  await writeFile(configuration, 'openstack: { upload: true, external_network: public }\n');
  // The stand-in and the end of this test ask the cloud as well.
  env['VIRTBS_DRIVER'] = 'openstack';
  t.teardown(async () => runVirtbs(directory, 'wipe', '--all', '--yes'));
  const master = new Master(directory, {
    port: 19989,
    command: ['sh', '-c', 'echo built by $WORKER_HOST'],
    worker: {
      virtbs: [process.execPath, join(home, 'bin', 'virtbs')],
      layers: 'roles',
      config: [configuration],
      masterFQDN: '127.0.0.1',
      build_wait_timeout: 0,
      missing_timeout: 1800,
      flavor: 'm1.tiny',
      os_auth_url: env['OS_AUTH_URL'],
      os_username: env['OS_USERNAME'],
      os_password: env['OS_PASSWORD'],
      os_tenant_name: env['OS_PROJECT_NAME'],
      os_user_domain: env['OS_USER_DOMAIN_NAME'],
      os_project_domain: env['OS_PROJECT_DOMAIN_NAME'],
      region: env['OS_REGION_NAME'],
      meta: { team: 'workers' },
      nova_args: { description: 'a worker', config_drive: true },
      client_version: '2',
    },
    workers: { cloud: {} },
    builders: { cloud: ['cloud'] },
  });
  await master.create();
  await master.start();
  t.teardown(async () => master.stop('SIGKILL'));
  await using _stand = await StandIn.start(directory, home);
  const started = performance.now();
  await master.change('cloud');
  const [end] = await master.finished('cloud', 1);
  t.match(end, { results: 'success', output: 'built by plain-60\n' });
  t.comment(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  await until('the end of the slice', async () => (await slices(directory)).length === 0);
});
