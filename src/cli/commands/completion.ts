import { defineCommand } from '../define-command.js';

export const completionCommand = defineCommand({
  command: 'completion <shell>',
  describe: 'print what makes a shell complete commands, options and the names of VMs, roles, layers and images',
  positionals: { shell: { type: 'string', choices: ['bash', 'zsh', 'fish'], describe: 'the shell' } },
  examples: [
    ['source <($0 completion bash)', 'in ~/.bashrc; the same with zsh in ~/.zshrc'],
    ['$0 completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  async run(args, context) {
    const { completionScript } = await import('../complete/completion-script.js');
    context.stdout.write(completionScript(args.shell));
  },
});
