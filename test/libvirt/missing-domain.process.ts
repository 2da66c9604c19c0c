import { VirtbsError } from '../../src/errors.js';
import { LibvirtError } from '../../src/libvirt/libvirt-error.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';

/** Fails a look-up and a connection as a program of its own, so that all it prints can be seen. */
const failure: unknown = await openLibvirt('nonsense:///').catch((error: unknown) => error);
await using libvirt = await openLibvirt('test:///default');
const missing: unknown = await libvirt.domainXml('missing').catch((error: unknown) => error);
process.stdout.write(
  JSON.stringify({
    code: missing instanceof LibvirtError ? missing.code : null,
    unreachable: failure instanceof VirtbsError ? failure.code : null,
  }),
);
