import type { Driver } from '../driver/types.js';
import type { CustomizeDisk } from '../image/customize-disk.js';
import type { Workplace } from './workplace.js';

export interface BuildVms extends AsyncDisposable {
  readonly run: CustomizeDisk;
}

/** Build VMs of a driver that is opened for the first of them: most images need no hypervisor. */
export function lazyBuildVms(place: Workplace): BuildVms {
  let opening: Promise<Driver> | undefined;
  const open = async (): Promise<Driver> => {
    const [{ openAbleDriver }, { name, options }] = await Promise.all([
      import('../driver/open-able-driver.js'),
      place.chosenDriver(),
    ]);
    const { drivers: settings } = await place.configuration();
    const { env: environment, emit, signal } = place.settings;
    const root = await place.root();
    return await openAbleDriver('build-vm', {
      name,
      settings,
      options: { ...options, root, environment, emit, signal },
    });
  };
  return {
    async run(request, context) {
      const driver = await (opening ??= open());
      await driver.runBuildVm?.(request, context);
    },
    async [Symbol.asyncDispose]() {
      // Where it could not be opened, whoever asked for it was told.
      const driver = await opening?.catch(() => undefined);
      await driver?.[Symbol.asyncDispose]();
    },
  };
}
