import { snapshotLsCommand } from './snapshot/ls.js';

/** `snapshot ls` by its other name. */
export const snapshotsCommand = { ...snapshotLsCommand, command: 'snapshots' };
