import type { SteeringSettings } from '../config/configuration.js';
import type { Steering } from './read-steering.js';
import type { AskedName, Member, Topology } from './topology.js';

/**
 * The topology of a steering file: a VM for each instance, its role by the flavor, its first disk's image by the image. Labels
 * are those of the image, the flavor and the instance, a later one in the place of an earlier one of the same key, and
 * `WE_TYPE_UUID`, by which osweint tells which instance a VM is.
 */
export function steeredTopology(steering: Steering, { layers, images, flavors }: SteeringSettings): Topology {
  const members = new Map<string, Member[]>();
  const asked = new Map<string, AskedName>();
  for (const [key, instance] of Object.entries(steering.instances)) {
    const image = steering.images[instance.uuid_image];
    const flavor = steering.flavor[instance.uuid_flavour];
    if (!image || !flavor) continue;
    const role = translate(flavors, flavor.OS_FLAVOR_NAME);
    const labels = [image, flavor, instance].flatMap(({ usr_label }) =>
      usr_label.map((label) => steering.label[label]),
    );
    const member: Member = {
      imageSlot: translate(images, image.OS_IMAGE_NAME),
      imageAsked: {
        place: steering.place(['images', instance.uuid_image, 'OS_IMAGE_NAME']),
        map: 'steering.images',
      },
      settings: { labels: Object.assign({ WE_TYPE_UUID: key }, ...labels) as Readonly<Record<string, unknown>> },
    };
    members.set(role, [...(members.get(role) ?? []), member]);
    const place = steering.place(['flavor', instance.uuid_flavour, 'OS_FLAVOR_NAME']);
    if (!asked.has(role)) asked.set(role, { place, map: 'steering.flavors' });
  }
  const roles = [...members].map(([role, own]) => {
    const name = asked.get(role);
    return { role, count: own.length, members: own, ...(name && { asked: name }) };
  });
  return { layers, roles, vms: {} };
}

function translate(names: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(names, name) ? names[name] : undefined) ?? name;
}
