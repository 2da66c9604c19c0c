import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { showLabel } from '../config/show-label.js';
import type { TreePath } from '../config/tree.js';
import { VirtbsError } from '../errors.js';

const keys = z.array(z.string()).default([]);
const labelled = { usr_label: keys };

/**
 * A steering file of osweint: instances name an image, a flavor and labels by keys of the file's own. What it says of networks
 * is passed over: those of a role are ours to know.
 *
 * Source: README.md, osweint/view_buildup.py of https://github.com/osynge/python-openstack-whenenv-integration
 */
const steeringSchema = z.object({
  label: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  images: z.record(z.string(), z.object({ OS_IMAGE_NAME: z.string(), ...labelled })),
  flavor: z.record(z.string(), z.object({ OS_FLAVOR_NAME: z.string(), ...labelled })),
  instances: z.record(z.string(), z.object({ uuid_image: z.string(), uuid_flavour: z.string(), ...labelled })),
});

export type Steering = z.output<typeof steeringSchema>;

/**
 * Reads a steering file; null for a file that is something else, as one that is not JSON or has no `instances`.
 *
 * @throws VirtbsError `config-invalid` with all that is wrong with one
 */
export async function readSteering(path: string): Promise<Steering | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const content = parseJson(text);
  if (typeof content !== 'object' || content === null || !('instances' in content)) return null;
  const result = steeringSchema.safeParse(content);
  const problems = result.success
    ? strayKeys(result.data)
    : result.error.issues.map((issue) => `${placeOf(issue.path as TreePath)}: ${issue.message}`);
  if (result.success && problems.length === 0) return result.data;
  throw new VirtbsError('config-invalid', problems.map((problem) => `${path}: ${problem}`).join('\n'), {
    hint: 'nothing was touched',
  });
}

/** Keys that lead nowhere in the file. */
function strayKeys({ label, images, flavor, instances }: Steering): readonly string[] {
  const stray = (path: TreePath, key: string, known: Readonly<Record<string, unknown>>): readonly string[] =>
    Object.hasOwn(known, key) ? [] : [`${placeOf(path)}: there is no ${JSON.stringify(key)}`];
  const sections: Readonly<Record<string, Readonly<Record<string, { readonly usr_label: readonly string[] }>>>> = {
    images,
    flavor,
    instances,
  };
  const labels = Object.entries(sections).flatMap(([section, items]) =>
    Object.entries(items).flatMap(([name, { usr_label }]) =>
      usr_label.flatMap((key) => stray([section, name, 'usr_label'], key, label)),
    ),
  );
  const parts = Object.entries(instances).flatMap(([name, { uuid_image, uuid_flavour }]) => [
    ...stray(['instances', name, 'uuid_image'], uuid_image, images),
    ...stray(['instances', name, 'uuid_flavour'], uuid_flavour, flavor),
  ]);
  return [...labels, ...parts];
}

/** The path of a value in the file, as it is told; whatever its names are, on one line. */
function placeOf(path: TreePath): string {
  return showLabel(['steering', ...path]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
