import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';

export const forwardCommand = defineCommand({
  command: 'forward <ports..>',
  describe: "reach ports of VMs on this machine's loopback, over ssh, until interrupted",
  positionals: {
    ports: {
      type: 'string',
      array: true,
      describe: 'PORT:VM:PORT, the first of this machine (0: a free one), or VM:PORT for the same on both sides',
    },
  },
  examples: [['$0 -s 1 forward 8443:controller:443', 'https://localhost:8443 is port 443 of the first controller']],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ openPlace }, { findLogins }, { forwardPorts }] = await Promise.all([
      import('../open-place.js'),
      import('../../workplace/find-logins.js'),
      import('../../slice/forward-ports.js'),
    ]);
    await using place = openPlace(args, context);
    const { stdout, stderr, signal } = context;
    const logins = await findLogins(place, slice);
    context.expectInterrupt();
    await forwardPorts(
      { ...logins, slice, ports: args.ports },
      {
        signal,
        onPort({ local, hostname, remote }) {
          if (!args.quiet) stdout.write(`127.0.0.1:${local} is ${hostname}:${remote}\n`);
        },
        onFailure: (hostname, reason) => stderr.write(`warning: ${hostname}: ${reason}\n`),
      },
    );
  },
});
