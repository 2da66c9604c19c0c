import { networkInterfaces, userInfo } from 'node:os';
import t from 'tap';
import { describeJumpHost } from '../../src/workplace/describe-jump-host.js';

t.test('what the configuration says is taken, all else is found', async (t) => {
  const said = { address: 'lab.example.org', user: 'jenkins', port: 2222 };
  t.strictSame(await describeJumpHost(said), said);
  const found = await describeJumpHost({ user: 'me' });
  t.equal(found.user, 'me');
  t.equal(found.port, undefined);
  t.equal((await describeJumpHost({ address: 'x' })).user, userInfo().username);
});

t.test('an address that is found is one that others can reach', async (t) => {
  const { address } = await describeJumpHost({});
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  t.notOk(own.some((known) => known.internal && known.address === address));
  t.notMatch(address, /^localhost/);
  t.not(address, '');
});
