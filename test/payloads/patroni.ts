import type { Trial } from './trial.js';

export const trial: Trial = { fewest: ['patroni', 'etcd:1', 'postgres:2'] };
