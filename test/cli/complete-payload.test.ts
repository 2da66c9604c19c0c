import t from 'tap';
import { runLine } from './run-line.js';

t.test('--payload is completed by the payloads that come with virtbs, and by folders', async (t) => {
  const offered = async (...words: readonly string[]): Promise<string> =>
    (await runLine(['__complete', '--', ...words])).stdout;
  t.match(await offered('--payload', 'pat'), /^patroni\t.*payloads\/patroni$/m);
  t.equal(await offered('--payload', './'), ':directory');
  t.match(await offered('--payload', 'patroni', 'cycle', 'etc'), /^etcd/m, 'its roles are known');
  t.equal(await offered('--payload', 'git+https://127.0.0.1:9/x', 'cycle', 'etc'), '', 'nothing is fetched');
});
