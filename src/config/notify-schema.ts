import type { z } from 'zod';
import { VirtbsError } from '../errors.js';
import { parseRelay } from '../mail/relay.js';
import { leaf, list, oneOrMany, text, unless } from '../yaml/leaf.js';
import { knownMap } from '../yaml/map.js';
import { DEFAULT_NOTIFY, type NotifySettings } from './notify-settings.js';

const word = text('text', (value) => value !== '' && !value.includes('\0'));

/** Schema of the address of a person. */
export const mailAddress = text('a mail address, such as team@example.org', (value) =>
  /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u.test(value),
);

/** Schema of who is told: a program, or a map of all there is. */
export const notifySchema = unless(
  list(word),
  knownMap({ run: list(word), mail: oneOrMany(mailAddress), from: mailAddress, relay: relay() }),
);

export type NotifyInput = z.output<typeof notifySchema>;

/** Gives checked values the names that they have in the program, and the defaults. */
export function createNotify(input: NotifyInput): NotifySettings {
  const none = DEFAULT_NOTIFY;
  const { run, mail, from, relay: through } = 'length' in input ? { run: input } : input;
  return { run: run ?? none.run, mail: mail ?? none.mail, from, relay: through ?? none.relay };
}

/** The value is not repeated, as it may hold a password. */
function relay() {
  return leaf(
    'the URL of a mail relay',
    (value) => {
      const known = typeof value === 'string' ? parseRelay(value) : undefined;
      if (known) return known;
      throw new VirtbsError(
        'config-invalid',
        'not the URL of a mail relay: smtp://HOST:PORT, or smtps://USER:PASSWORD@HOST with "/" as %2F and "@" as %40',
      );
    },
    { type: 'string' },
  );
}
