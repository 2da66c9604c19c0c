import t from 'tap';
import { hidePassword } from '../../src/text/hide-password.js';
import { publicRecipe } from '../../src/image/public-recipe.js';

t.test('user names and passwords are cut out of addresses', async (t) => {
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
});

t.test('also inside of a text, and those of a mail relay with what should not be in them', async (t) => {
  t.equal(hidePassword('a.b=http://me:x@host/c'), 'a.b=http://***@host/c');
  t.equal(hidePassword('smtp://me:p/a?s#s@wo@rd@host:25'), 'smtp://***@host:25');
  t.equal(hidePassword('{relay: smtps://me:a b@host, mail: team}'), '{relay: smtps://***@host, mail: team}');
});
