import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { findPeers, peerObstacle } from '../../bench/peer.js';

t.test('peers are those of the checkout, and those at paths, which replace others of their name', async (t) => {
  const names = ['virsh', 'virt-install', 'vagrant-libvirt'];
  t.strictSame(
    (await findPeers([])).map(({ name }) => name),
    names,
  );
  const peers = await findPeers(['/elsewhere/kcli', '/elsewhere/virsh']);
  t.strictSame(
    peers.map(({ name }) => name),
    [...names, 'kcli'],
  );
  t.match(peers[0], { name: 'virsh', program: '/elsewhere/virsh' });
});

t.test('a peer says itself whether it can take part, and why it cannot', async (t) => {
  const directory = t.testdir({
    able: '#!/bin/sh\n[ "$*" = can ]\n',
    unable: '#!/bin/sh\necho looking >&2\necho "kcli is not installed" >&2\nexit 1\n',
  });
  for (const name of ['able', 'unable']) await chmod(join(directory, name), 0o755);
  const ask = async (name: string) => await peerObstacle({ name, program: join(directory, name) });
  t.equal(await ask('able'), undefined);
  t.equal(await ask('unable'), 'kcli is not installed');
  t.match(await ask('missing'), /missing: not found/);
});
