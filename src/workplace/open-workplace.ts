import { resolve } from 'node:path';
import { DEFAULT_DRIVER } from '../driver/known-drivers.js';
import type { Driver } from '../driver/types.js';
import { DEFAULT_ROOT } from '../filenames.js';
import type { Session } from '../session/session.js';
import { chooseDriver } from './choose-driver.js';
import type { Sources } from './sources.js';
import { mayBeConfigured } from './may-be-configured.js';
import type { Project } from './open-project.js';
import type { Workplace } from './workplace.js';
import type { WorkplaceSettings } from './workplace-settings.js';

/** Opens a workplace. Nothing is read or reached before it is asked for, and the code for it is loaded only then. */
export function openWorkplace(settings: WorkplaceSettings): Workplace {
  const { cwd, env, emit, signal } = settings;
  const outputDirectory = resolve(cwd, settings.outputDirectory ?? '.');
  let isTold = false;
  let sources: Promise<Sources> | undefined;
  let project: Promise<Project | null> | undefined;
  let driver: Promise<Driver> | undefined;
  let session: Promise<Session> | undefined;

  const load = (): Promise<Sources> => (sources ??= settings.read?.() ?? readSources());
  const place: Workplace = {
    settings,
    outputDirectory,
    verb: { emit, signal },
    project: () => (project ??= import('./open-project.js').then((each) => each.openProject(settings))),
    mayBeConfigured: async () => mayBeConfigured(settings, await place.project()),
    sources: load,
    configuration: async () => (await load()).configuration,
    async root() {
      if (settings.root !== undefined) return resolve(cwd, settings.root);
      if (!sources && !(await place.mayBeConfigured())) return DEFAULT_ROOT;
      const { paths } = await place.configuration();
      return resolve(cwd, paths.virtbsRoot);
    },
    async chosenDriver() {
      const { driver: name = DEFAULT_DRIVER } = settings;
      // Only the configuration can say of another driver which it is.
      const isKnown = !sources && name === DEFAULT_DRIVER && !(await place.mayBeConfigured());
      return chooseDriver(settings, isKnown ? null : await place.configuration());
    },
    async features() {
      const { loadDriver } = await import('../driver/registry.js');
      const { name, options } = await place.chosenDriver();
      return (await loadDriver(name)).features(options);
    },
    driver: () => (driver ??= openDriver()),
    session: () => (session ??= import('./describe-session.js').then((each) => each.describeSession(settings))),
    async library() {
      const { imageFlow: recipes } = await place.configuration();
      return { recipes, root: await place.root(), environment: env };
    },
    async plan(request) {
      const [{ loadPlan }, { assertAble }] = await Promise.all([
        import('./load-plan.js'),
        import('../driver/assert-able.js'),
      ]);
      // A plan is for VMs to be made.
      const features = await place.features();
      if (features.standing) assertAble({ features }, 'create');
      const plan = await loadPlan(request, settings, load);
      const file = (await place.project())?.path;
      if (file !== undefined && !isTold) emit({ type: 'note', message: `the project is ${file}` });
      isTold = true;
      return plan;
    },
    async asksForVms(request) {
      const { asksForVms } = await import('./load-plan.js');
      return await asksForVms(request, load);
    },
    async notify(report, context) {
      const [{ sendReport }, configuration] = await Promise.all([
        import('../notify/send-report.js'),
        place.configuration(),
      ]);
      const [{ name }, { site }] = [await place.chosenDriver(), await place.driver()];
      await sendReport(report, { ...configuration.notify(name), site }, context);
    },
    async standing(slice) {
      return { slice, root: await place.root(), driver: await place.driver(), outputDirectory, notify: place.notify };
    },
    async creation() {
      const { openCreation } = await import('./open-creation.js');
      return await openCreation(place);
    },
    async lease(request) {
      const { openLease } = await import('./open-lease.js');
      return await openLease(request, place);
    },
    async [Symbol.asyncDispose]() {
      // Where it could not be opened, whoever asked for it was told.
      const opened = await driver?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };

  async function readSources(): Promise<Sources> {
    const { loadSources } = await import('./load-sources.js');
    return await loadSources(settings, await place.project());
  }

  async function openDriver(): Promise<Driver> {
    const open = settings.openDriver ?? (await import('../driver/registry.js')).openDriver;
    const { name, options } = await place.chosenDriver();
    return await open(name, { ...options, root: await place.root(), environment: env, emit, signal });
  }
  return place;
}
