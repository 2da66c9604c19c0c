import t from 'tap';
import { COMMANDS } from '../../src/cli/commands.js';
import { spellFlags } from '../../src/cli/spell-flags.js';

t.test('a flag takes every word for yes and no that its variable takes', (t) => {
  const spell = (line: string): string => spellFlags(line.split(' '), COMMANDS).join(' ');
  for (const yes of ['1', 'true', 'yes', 'on', 'YES']) {
    t.equal(spell(`cycle --dry-run=${yes} roles`), 'cycle --dry-run=true roles');
  }
  for (const no of ['0', 'false', 'no', 'off']) t.equal(spell(`wipe -y=${no}`), 'wipe -y=false');
  t.equal(spell('-s=1 image build --renew mini'), '-s=1 image build --renew mini', 'others stay as they are');
  t.equal(spell('-e a.b=yes --root=/r tag x y=z'), '-e a.b=yes --root=/r tag x y=z');
  t.throws(() => spell('image gc --dry-run=soon'), { code: 'usage', message: /^--dry-run: "soon" is neither/ });
  t.end();
});
