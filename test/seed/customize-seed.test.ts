import t from 'tap';
import { parse } from 'yaml';
import { customizeSeed } from '../../src/seed/customize-seed.js';

const options = { mac: '52:54:00:ff:00:02', token: 'abc', internetAccess: true };

t.test('a build VM gets an address and orders, and nobody may log in', async (t) => {
  const { userData, networkConfig } = customizeSeed(options);
  t.match(userData, /^#cloud-config\n/);
  const user = parse(userData, { version: '1.1' }) as Readonly<Record<string, unknown>>;
  t.match(user, { users: [], disable_root: true, ssh_pwauth: false, preserve_hostname: true });
  t.notMatch(userData, /authorized/);
  t.match(user['runcmd'], [['sh', '-c', /\nexec sh \S+\/boot abc nat\n$/]]);
  t.match(customizeSeed({ ...options, internetAccess: false }).userData, /boot abc isolated$/m);
  t.match(parse(networkConfig, { version: '1.1' }), {
    version: 2,
    ethernets: { '00-build': { match: { macaddress: options.mac }, dhcp4: true, dhcp6: false } },
  });
});

t.test('every build is an instance of its own', async (t) => {
  t.not(customizeSeed(options).metaData, customizeSeed(options).metaData);
});
