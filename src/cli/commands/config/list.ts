import type { Command } from '../../command.js';
import { defineCommand } from '../../define-command.js';
import { writeJson } from '../../json-results.js';
import type { ListedKind } from '../../../config/list-names.js';

/** Makes the command that lists one kind of names that the configuration has. */
export function configListCommand(kind: ListedKind, describe: string): Command {
  return defineCommand({
    command: kind,
    describe,
    sliceless: () => true,
    async run(args, context) {
      const [{ openPlace }, { listNames }, { renderTable, tableWidth }] = await Promise.all([
        import('../../open-place.js'),
        import('../../../config/list-names.js'),
        import('../../render/table.js'),
      ]);
      await using place = openPlace(args, context);
      const names = listNames(await place.configuration(), kind);
      if (args.json) return writeJson('config-list', { version: 1, kind, names }, context);
      const rows = names.map(({ name, related }) => [name, related.join(', ') || '-']);
      const heading = kind === 'roles' ? ['ROLE', 'LAYERS'] : [kind === 'layers' ? 'LAYER' : 'NETWORK', 'ROLES'];
      context.stdout.write(renderTable([heading, ...rows], tableWidth(context.stdout)));
    },
  });
}
