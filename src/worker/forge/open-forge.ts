import type { RunnerSettings } from '../../config/runner-settings.js';
import { VirtbsError } from '../../errors.js';
import type { Forge } from './forge.js';
import { openForgejo } from './forgejo.js';
import { openGitea } from './gitea.js';
import { openGithub } from './github.js';
import { readToken } from './read-token.js';

/** Opens the forge that the configuration describes. @throws VirtbsError `config-invalid` where it says nothing of it, or there is no token */
export async function openForge(
  name: Forge['name'],
  { github, forgejo, gitea }: Pick<RunnerSettings, Forge['name']>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Forge> {
  const settings = { github, forgejo, gitea }[name];
  if (!settings) {
    throw new VirtbsError('config-invalid', `the configuration does not say where ${name} is`, {
      hint: `write runner: {${name}: {scope: OWNER/REPOSITORY, labels: […], …}}: docs/workers.md`,
    });
  }
  const token = (): Promise<string> => readToken(settings.tokenFile, environment);
  await token();
  if (name === 'github' && github) return openGithub(github, { token, environment });
  if (name === 'gitea' && gitea) return openGitea(gitea, { token, environment });
  if (forgejo) return openForgejo(forgejo, { token, environment });
  throw new Error(`unknown forge ${name}`);
}
