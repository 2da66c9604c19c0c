/** A network with the number that it is declared to have, if any. */
export interface NetworkRequest {
  readonly name: string;
  readonly id: number | undefined;
}

/**
 * The number of every network: the declared one, or the next free one from 1 on, in the order given. Numbers declared for
 * networks that are not used here are kept free, so that using them later moves nothing.
 */
export function numberNetworks(
  requests: readonly NetworkRequest[],
  reserved: Iterable<number>,
): ReadonlyMap<string, number> {
  const taken = new Set([...reserved, ...requests.flatMap(({ id }) => (id === undefined ? [] : [id]))]);
  let next = 1;
  const numbers = requests.map(({ name, id }) => {
    if (id !== undefined) return [name, id] as const;
    while (taken.has(next)) next++;
    taken.add(next);
    return [name, next] as const;
  });
  return new Map(numbers);
}
