import { VirtbsError } from '../../errors.js';

/** The server of the database cannot be asked just now. It is worth asking again, however long that takes. */
export class DatabaseAway extends VirtbsError {
  constructor(message: string, cause?: unknown) {
    super('ci-database', message, { hint: 'see whether its server runs and can be reached from here', cause });
  }
}
