import tap from 'tap';
import { hidePassword, publicRecipe } from '../../src/image/hide-password.js';

void tap.test('user names and passwords are cut out of addresses', (t) => {
  t.equal(hidePassword('https://me:secret@host/a'), 'https://***@host/a');
  t.equal(hidePassword('https://token@host/a'), 'https://***@host/a');
  t.equal(
    hidePassword('https://me:p@ss:w@rd@host/a@b'),
    'https://***@host/a@b',
    'an @ in the password, another in the path',
  );
  t.equal(hidePassword('https://host/a@b?c=d@e'), 'https://host/a@b?c=d@e');
  t.equal(hidePassword('/srv/me:x@host'), '/srv/me:x@host', 'a path');
  t.strictSame(publicRecipe({ image_download: { url: 'http://a:b@h/x', sha256: 'http://a:b@h/y', format: 'raw' } }), {
    image_download: { url: 'http://***@h/x', sha256: 'http://***@h/y', format: 'raw' },
  });
  t.end();
});
