import { defineCommand } from '../../define-command.js';
import { writeJson } from '../../json-results.js';

export const imageShowCommand = defineCommand({
  command: 'show <name>',
  describe: 'show one build: tags, sizes, age, what stands on it',
  positionals: { name: { type: 'string', describe: 'SLOT (its tag "default"), SLOT:TAG or SLOT/BUILD' } },
  async run(args, context) {
    const [{ inWorkplace }, { parseBuildReference, resolveBuild }, { listImages }, { renderImages }, { tableWidth }] =
      await Promise.all([
        import('../../in-workplace.js'),
        import('../../../image/build-reference.js'),
        import('../../../image/list-images.js'),
        import('../../render/images.js'),
        import('../../render/table.js'),
      ]);
    const reference = parseBuildReference(args.name);
    const builds = await inWorkplace(args, context, async (place) => {
      const root = await place.root();
      const { build } = await resolveBuild(root, reference);
      const all = await listImages(root, [reference.slot], place.verb);
      return all.filter((each) => each.build === build);
    });
    if (args.json) writeJson('image-ls', { version: 1, builds }, context);
    else context.stdout.write(renderImages(builds, { tree: false, width: tableWidth(context.stdout) }));
  },
});
