import * as z from 'zod';

const digests = z.record(z.string(), z.string());

/** A task on one node that was done when the slice was kept, as the record of a checkpoint has it. Values and secrets are digests. */
export const keptUnitSchema = z.object({
  task: z.string(),
  /** A host name; null for the machine where virtbs runs. */
  vm: z.string().nullable(),
  key: z.string(),
  /** The parts that the key is made of, by the names that people are told. */
  parts: digests,
  /** Digests of the values that it gave, by name. */
  gives: digests,
  /** When it was done; ISO 8601, UTC. */
  ended: z.string(),
  milliseconds: z.number(),
});

export type KeptUnit = z.output<typeof keptUnitSchema>;

/** Returns the names of the tasks, each once, in the order in which they were done. */
export function keptTasks(units: readonly Pick<KeptUnit, 'task'>[]): readonly string[] {
  return [...new Set(units.map(({ task }) => task))];
}
