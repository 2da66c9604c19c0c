import t from 'tap';
import { parseRelay } from '../../src/mail/relay.js';

t.test('a relay is its host, the port of its kind or its own, and a login', async (t) => {
  t.strictSame(parseRelay('smtp://localhost'), { host: 'localhost', port: 25, secure: false });
  t.strictSame(parseRelay('smtps://mail.example.org/'), { host: 'mail.example.org', port: 465, secure: true });
  t.strictSame(parseRelay('smtp://[2001:db8::1]:587'), { host: '2001:db8::1', port: 587, secure: false });
  t.match(parseRelay('smtp://me%40home:a%2Fb%20c@host'), { login: { user: 'me@home', password: 'a/b c' } });
});

t.test('what is not wholly understood is no relay', async (t) => {
  for (const text of [
    '',
    'host',
    'host:25',
    'smtp:host',
    'smtp://',
    'smtp://host:0',
    'smtp://host:x',
    'smtp://host/a',
    'smtp://host?a',
    'smtp://host#a',
    'smtp://me@host',
    'smtp://:x@host',
    'smtp://me:%zz@host',
    'smtp://me:a/b@host',
    'smtp://me:a b@host',
    'http://host',
  ]) {
    t.equal(parseRelay(text), undefined, text);
  }
});
