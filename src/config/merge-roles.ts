import { VirtbsError } from '../errors.js';
import type { Configuration, DiskSettings, PartialRoleSettings, RoleSettings } from './configuration.js';
import { mergeMaps } from './merge-maps.js';
import { nearestWord } from '../text/nearest-word.js';

const DEFAULTS = {
  memoryMiB: 512,
  vcpu: 1,
  nets: [],
  disks: {},
  labels: {},
  cache: 'unsafe',
  virtType: 'auto',
  graphics: 'none',
  boot: ['disk'],
  wait: 'ssh',
} as const satisfies RoleSettings;

/**
 * The roles of some layers, merged from left to right, then completed with defaults; in the order in which they first appear.
 *
 * @param over settings laid over those of the layers, for roles that they have
 *
 * @throws VirtbsError `usage` for a layer that does not exist or is named twice, or where none is named; `config-invalid` with
 *   every disk that after all has neither size nor slot
 */
export function mergeRoles(
  configuration: Configuration,
  layers: readonly string[],
  over: Readonly<Record<string, PartialRoleSettings>> = {},
): Readonly<Record<string, RoleSettings>> {
  checkLayers(configuration, layers);
  let merged = Object.create(null) as Readonly<Record<string, PartialRoleSettings>>;
  for (const layer of layers) merged = mergeMaps(merged, configuration.machineMatrix[layer] ?? {});
  for (const [role, settings] of Object.entries(over)) {
    if (merged[role]) merged = mergeMaps(merged, { [role]: settings });
  }

  const problems: string[] = [];
  const roles = Object.create(null) as Record<string, RoleSettings>;
  for (const [role, settings] of Object.entries(merged)) {
    roles[role] = complete(settings);
    for (const disk of findBareDisks(roles[role].disks)) {
      const place = placeOfDisk(configuration, layers, [role, 'disks', disk]);
      problems.push(`${place}: ${role}.disks.${disk}: neither "size" nor "image_slot"`);
    }
  }
  if (problems.length === 0) return roles;
  throw new VirtbsError('config-invalid', problems.join('\n'), {
    hint: `give each disk a size or a slot, or name a layer beside ${layers.join(',')} that does`,
  });
}

function checkLayers({ machineMatrix }: Configuration, layers: readonly string[]): void {
  const known = Object.keys(machineMatrix);
  const hint = `known layers: ${known.join(', ')}`;
  if (layers.length === 0) throw new VirtbsError('usage', 'no layer is named', { hint });
  for (const [index, layer] of layers.entries()) {
    if (layers.indexOf(layer) !== index) {
      throw new VirtbsError('usage', `layer ${JSON.stringify(layer)} is named twice`, { hint: 'name each layer once' });
    }
    if (known.includes(layer)) continue;
    const nearest = nearestWord(layer, known);
    const question = nearest === undefined ? '' : `, did you mean "${nearest}"?`;
    throw new VirtbsError('usage', `unknown layer ${JSON.stringify(layer)}${question}`, { hint });
  }
}

function complete(settings: PartialRoleSettings): RoleSettings {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...(Object.fromEntries(given) as Partial<RoleSettings>) };
}

function findBareDisks(disks: Readonly<Record<string, DiskSettings>>): string[] {
  return Object.keys(disks).filter((disk) => {
    const settings = disks[disk];
    return settings?.sizeBytes === undefined && settings?.imageSlot === undefined;
  });
}

/** Returns the place of a disk in the last layer that has it. */
function placeOfDisk(
  configuration: Configuration,
  layers: readonly string[],
  path: readonly [string, 'disks', string],
): string {
  const [role, , disk] = path;
  const layer = layers.findLast((name) => {
    const disks = configuration.machineMatrix[name]?.[role]?.disks;
    return disks !== undefined && Object.hasOwn(disks, disk);
  });
  return configuration.place(['machine_matrix', layer ?? '', ...path]);
}
