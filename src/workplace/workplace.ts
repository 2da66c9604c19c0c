import type { Configuration } from '../config/configuration.js';
import type { Driver, DriverFeatures } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { ImageSource } from '../image/ready-all-images.js';
import type { Notify } from '../notify/notify.js';
import type { SlicePlan } from '../plan/plan.js';
import type { Session } from '../session/session.js';
import type { Lease } from '../slice/lease-slice.js';
import type { CreationOptions } from '../slice/slice-creation.js';
import type { StandingOptions } from '../slice/standing-slice.js';
import type { ChosenDriver } from './choose-driver.js';
import type { LeaseRequest } from './lease-request.js';
import type { PlanRequest } from './load-plan.js';
import type { Sources } from './sources.js';
import type { Project } from './open-project.js';
import type { WorkplaceSettings } from './workplace-settings.js';

/**
 * All that verbs need. Each part is opened when it is asked for the first time, and closed with the workplace. One workplace
 * serves any number of slices.
 */
export interface Workplace extends AsyncDisposable {
  readonly settings: WorkplaceSettings;
  /** Absolute. */
  readonly outputDirectory: string;
  /** The context that every verb is given besides its options. */
  readonly verb: VerbContext;
  /** The project that one stands in; null for none. Its file is not read for it. */
  project(): Promise<Project | null>;
  /** Returns whether the configuration could say anything else than the shipped one. */
  mayBeConfigured(): Promise<boolean>;
  /** All that was read; see `loadSources` for what is thrown. */
  sources(): Promise<Sources>;
  /** @throws VirtbsError `config-invalid` with every problem */
  configuration(): Promise<Configuration>;
  /** The folder of images, disks, keys and logs, absolute. The configuration is read only where it may say another. */
  root(): Promise<string>;
  /** The driver that VMs are made with; it is not opened. */
  chosenDriver(): Promise<ChosenDriver>;
  /** Returns what the chosen driver can do; it is not opened. */
  features(): Promise<DriverFeatures>;
  /** @throws VirtbsError where the hypervisor cannot be reached */
  driver(): Promise<Driver>;
  /** Returns who asks, and from where. */
  session(): Promise<Session>;
  /** The image library, for what needs no VMs. */
  library(): Promise<ImageSource>;
  /** Plans a slice; touches nothing. @throws VirtbsError with exit code 2 */
  plan(request: PlanRequest): Promise<SlicePlan>;
  /** Returns whether the words of a request, or the files, say which VMs to make. */
  asksForVms(request: Omit<PlanRequest, 'slice'>): Promise<boolean>;
  /** Tells whoever the configuration names. */
  readonly notify: Notify;
  /** Returns what verbs need that work on a slice as it stands. */
  standing(slice: number): Promise<StandingOptions>;
  /** Returns what verbs need that make VMs. */
  creation(): Promise<WorkplaceCreation>;
  /** Leases a slice; dispose of the lease before the workplace. @throws VirtbsError `no-slice` where none is free */
  lease(request: LeaseRequest): Promise<Lease>;
}

export type WorkplaceCreation = Pick<
  CreationOptions,
  'driver' | 'images' | 'outputDirectory' | 'jump' | 'session' | 'notify'
>;
