import type { Project } from './open-project.js';
import type { WorkplaceSettings } from './workplace-settings.js';

/** Returns whether the configuration could say anything else than the shipped one. */
export function mayBeConfigured(
  { payload, files = [], overrides = [], topologyFile }: WorkplaceSettings,
  project: Project | null,
): boolean {
  const isNamed = payload !== undefined || topologyFile !== undefined;
  return isNamed || project !== null || files.length > 0 || overrides.length > 0;
}
