import { GUEST_USER } from '../seed/seed.js';

/**
 * What the stage `config` tells GitLab's runner: where a guest keeps sources and caches.
 *
 * Source: https://docs.gitlab.com/runner/executors/custom/#config
 */
export interface ExecutorDescription {
  readonly builds_dir: string;
  readonly cache_dir: string;
  readonly builds_dir_is_shared: false;
  readonly driver: { readonly name: 'virtbs'; readonly version: string };
}

/** Returns the description of our executor. @param version virtbs's */
export function describeGitlabExecutor(version: string): ExecutorDescription {
  return {
    builds_dir: `/home/${GUEST_USER}/builds`,
    cache_dir: `/home/${GUEST_USER}/cache`,
    builds_dir_is_shared: false,
    driver: { name: 'virtbs', version },
  };
}
