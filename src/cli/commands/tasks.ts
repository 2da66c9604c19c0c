import { defineCommand } from '../define-command.js';
import { writeJson } from '../json-results.js';
import { parseSlice } from '../parse-slice.js';

export const tasksCommand = defineCommand({
  command: 'tasks [tasks..]',
  describe: 'the tasks of the configuration: which are done on the slice, and why others would be run',
  positionals: {
    tasks: { type: 'string', array: true, describe: 'tasks, with all that they want; all where none is named' },
  },
  options: {
    graph: {
      type: 'string',
      choices: ['svg', 'mermaid', 'dot'],
      requiresArg: true,
      describe: 'draw them with the critical path: SVG for browsers, or the languages of Mermaid and Graphviz',
    },
  },
  examples: [
    ['$0 -c cluster.yaml tasks', 'what "do" would do'],
    ['$0 -c cluster.yaml tasks --graph svg > tasks.svg', 'a picture of what wants what'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ inWorkplace }, { doOnSlice, NOTHING_ASKED }, { renderTasks }, { repeatCommand }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/do-on-slice.js'),
      import('../render/tasks.js'),
      import('../../workplace/repeat-command.js'),
    ]);
    const asked = { ...NOTHING_ASKED, goals: args.tasks, dryRun: true };
    await inWorkplace(args, context, async (place) => {
      const [standing, configuration] = [await place.standing(slice), await place.configuration()];
      const commandLine = repeatCommand(place.settings, slice);
      const result = await doOnSlice({ ...standing, ...asked, configuration, commandLine }, place.verb);
      if (args.graph === undefined) return renderTasks(result, args, context);
      const { drawTasks } = await import('../draw-tasks.js');
      const text = await drawTasks(args.graph, result, { root: standing.root, tasks: configuration.tasks });
      if (args.json) writeJson('graph', { version: 1, format: args.graph, text }, context);
      else context.stdout.write(text);
    });
  },
});
