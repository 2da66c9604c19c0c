import tap from 'tap';
import { findProxy } from '../../src/http/find-proxy.js';

type Environment = Parameters<typeof findProxy>[1];

function originOf(url: string, environment: Environment): string | undefined {
  return findProxy(new URL(url), environment)?.origin;
}

void tap.test('each scheme has its variable, and lower case comes before capitals', (t) => {
  const both = { http_proxy: 'http://one:1', HTTP_PROXY: 'http://two:2', HTTPS_PROXY: 'http://three:3' };
  t.equal(originOf('http://cloud/', both), 'http://one:1');
  t.equal(originOf('https://cloud/', both), 'http://three:3');
  t.equal(originOf('https://cloud/', { http_proxy: 'http://one:1' }), undefined);
  t.equal(originOf('http://cloud/', { HTTP_PROXY: 'http://two:2' }), 'http://two:2');
  t.equal(originOf('http://cloud/', { HTTP_PROXY: 'http://two:2', http_proxy: '' }), undefined, 'an empty one is none');
  t.equal(originOf('http://cloud/', { HTTP_PROXY: 'http://two:2', REQUEST_METHOD: 'GET' }), undefined, 'in CGI');
  t.equal(originOf('http://cloud/', { http_proxy: 'http://one:1', NO_PROXY: 'cloud' }), undefined);
  t.equal(originOf('http://cloud/', { http_proxy: 'http://one:1', NO_PROXY: 'cloud', no_proxy: '' }), 'http://one:1');
  t.equal(originOf('http://cloud/', { http_proxy: 'proxy:3128' }), 'http://proxy:3128', 'without a scheme');
  t.end();
});

void tap.test('no_proxy names hosts, names below them, ports, addresses and networks', (t) => {
  const passes = (url: string, noProxy: string) =>
    t.equal(originOf(url, { http_proxy: 'http://one:1', no_proxy: noProxy }), undefined, `${noProxy} has ${url}`);
  const stays = (url: string, noProxy: string) =>
    t.equal(originOf(url, { http_proxy: 'http://one:1', no_proxy: noProxy }), 'http://one:1', `${noProxy}, not ${url}`);
  passes('http://cloud.example/', 'other, cloud.example');
  passes('http://cloud.example/', 'other Cloud.Example');
  passes('http://api.cloud.example/', 'cloud.example');
  passes('http://api.cloud.example./', '.cloud.example');
  passes('http://cloud.example/', '*.cloud.example');
  stays('http://mycloud.example/', 'cloud.example');
  passes('http://cloud.example:5000/', 'cloud.example:5000');
  passes('http://cloud.example/', 'cloud.example:80');
  stays('http://cloud.example:5000/', 'cloud.example:80');
  passes('http://anything/', '*');
  passes('http://anything/', 'cloud,*');
  passes('http://10.1.2.3:5000/', '10.1.2.3');
  passes('http://10.1.2.3/', '10.0.0.0/8');
  stays('http://11.1.2.3/', '10.0.0.0/8');
  stays('http://cloud/', '10.0.0.0/8,10.0.0.0/99,/');
  stays('http://10.1.2.3/', '2.3');
  passes('http://[fd00::1]/', 'fd00::1');
  passes('http://[fd00::1]/', '[fd00::1]:80');
  passes('http://[fd00::1]/', 'fd00::/16');
  stays('http://[fd00::1]/', '10.0.0.0/8');
  stays('http://localhost/', 'cloud');
  t.end();
});

void tap.test('what is no address of a proxy is told by its variable alone', (t) => {
  const values = [
    'http://',
    'http://me:se/cret@proxy',
    'http://me:%zz-secret@proxy:1',
    'socks5://secret',
    'http://me:secret',
  ];
  for (const value of values) {
    t.throws(() => originOf('https://cloud/', { HTTPS_PROXY: value }), {
      message: 'HTTPS_PROXY holds no address of an HTTP proxy',
      failure: { hint: /HTTPS_PROXY=http:/, again: 'never' },
    });
  }
  t.equal(
    originOf('https://cloud/', { https_proxy: 'http://', no_proxy: 'cloud' }),
    undefined,
    'unless it is not asked',
  );
  t.end();
});

void tap.test('user and password of a proxy go to their header and nowhere else', (t) => {
  const proxy = findProxy(new URL('https://cloud/'), { https_proxy: 'http://me%40work:p%3Aw@proxy/' });
  t.strictSame(proxy, {
    origin: 'http://proxy',
    authorization: `Basic ${Buffer.from('me@work:p:w').toString('base64')}`,
    variable: 'https_proxy',
    label: 'the proxy proxy:80 (https_proxy)',
  });
  const alone = findProxy(new URL('https://cloud/'), { https_proxy: 'http://token@proxy/' });
  t.equal(alone?.authorization, `Basic ${Buffer.from('token:').toString('base64')}`);
  t.end();
});
