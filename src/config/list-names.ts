import type { Configuration } from './configuration.js';

export type ListedKind = 'layers' | 'roles' | 'networks';

export interface ListedName {
  readonly name: string;
  /** Roles of a layer or network, layers of a role. */
  readonly related: readonly string[];
}

/** Returns the layers, roles or networks that the configuration has, in its order. */
export function listNames(
  { machineMatrix, networkFlags }: Pick<Configuration, 'machineMatrix' | 'networkFlags'>,
  kind: ListedKind,
): readonly ListedName[] {
  const layers = Object.entries(machineMatrix);
  if (kind === 'layers') return layers.map(([name, roles]) => ({ name, related: Object.keys(roles) }));
  if (kind === 'roles') {
    const names = new Set(layers.flatMap(([, roles]) => Object.keys(roles)));
    const layersOf = (role: string): readonly string[] =>
      layers.flatMap(([layer, roles]) => (Object.hasOwn(roles, role) ? [layer] : []));
    return [...names].map((name) => ({ name, related: layersOf(name) }));
  }
  const rolesOn = (network: string): readonly string[] =>
    layers.flatMap(([, roles]) =>
      Object.entries(roles).flatMap(([role, { nets = [] }]) => (nets.includes(network) ? [role] : [])),
    );
  return Object.keys(networkFlags).map((name) => ({ name, related: [...new Set(rolesOn(name))] }));
}
