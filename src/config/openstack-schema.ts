import type { z } from 'zod';
import { VirtbsError } from '../errors.js';
import { parseRelay } from '../mail/relay.js';
import { SERVER_GROUP_POLICIES } from '../openstack/openstack-settings.js';
import { distinct, flag, integer, leaf, list, oneOf, oneOrMany, text, unless } from './leaf.js';
import { knownMap, namedMap, type NamePattern } from './map.js';
import { NETWORK, ROLE, SLOT } from './names.js';

const word = text('text', (value) => value !== '' && !value.includes('\0'));

const address = text('a mail address, such as team@example.org', (value) =>
  /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u.test(value),
);

const texts = leaf('a map of names to texts', (value) =>
  isMap(value) && Object.values(value).every((item) => typeof item === 'string')
    ? (value as Readonly<Record<string, string>>)
    : undefined,
);

const anything = leaf('a map', (value) => (isMap(value) ? value : undefined));

const server = {
  flavor: word,
  availability_zones: distinct(word),
  server_group: oneOf(SERVER_GROUP_POLICIES),
  block_devices: list(anything),
  boot_from_volume: flag(),
  volume_type: word,
  meta: texts,
  server_args: anything,
  ssh_user: userName(),
};

/** Section `openstack`. Words of the compute API keep the form that they have there. */
export function openstackSchema(jumpHost: z.ZodType<JumpHostInput>) {
  return knownMap({
    cloud: word,
    region: word,
    compute_api_version: text('a microversion, such as "2.79", or latest', (value) =>
      /^(?:\d+\.\d+|latest)$/.test(value),
    ),
    access: oneOf(['direct', 'floating', 'jump']),
    jump_host: jumpHost,
    external_network: word,
    networks: namedMap(NETWORK, word),
    open_ports: distinct(nameOf(NETWORK)),
    images: namedMap(SLOT, knownMap({ id: word, name: word, pattern: pattern(), properties: texts, selector: word })),
    upload: flag(),
    missing_timeout: integer(1, 24 * 60 * 60),
    notify: unless(list(word), knownMap({ run: list(word), mail: oneOrMany(address), from: address, relay: relay() })),
    ...server,
    roles: namedMap(ROLE, knownMap(server)),
  });
}

export type OpenStackInput = z.output<ReturnType<typeof openstackSchema>>;

interface JumpHostInput {
  address?: string | undefined;
  user?: string | undefined;
  port?: number | undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf({ what, pattern: known, allowed }: NamePattern) {
  return text(`a ${what} name (${allowed})`, (value) => known.test(value));
}

/** The value is not repeated, as it may hold a password. */
function relay() {
  return leaf('the URL of a mail relay', (value) => {
    const known = typeof value === 'string' ? parseRelay(value) : undefined;
    if (known) return known;
    throw new VirtbsError(
      'config-invalid',
      'not the URL of a mail relay: smtp://HOST:PORT, or smtps://USER:PASSWORD@HOST with "/" as %2F and "@" as %40',
    );
  });
}

function userName() {
  return text('a user name', (value) => /^[\w.][\w.-]*\$?$/.test(value));
}

function pattern() {
  return text('a regular expression', (value) => {
    try {
      return new RegExp(value) instanceof RegExp;
    } catch {
      return false;
    }
  });
}
