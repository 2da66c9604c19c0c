import type { Driver, DriverOptions } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { CustomizeDisk } from '../image/customize-disk.js';

export interface BuildVms extends AsyncDisposable {
  readonly run: CustomizeDisk;
}

/** Build VMs of a driver that is opened for the first of them: most images need no hypervisor. */
export function lazyBuildVms(options: DriverOptions): BuildVms {
  let opening: Promise<Driver> | undefined;
  const open = async (): Promise<Driver> => {
    const { openDriver } = await import('../driver/registry.js');
    return await openDriver('libvirt', options);
  };
  return {
    async run(request, context) {
      const driver = await (opening ??= open());
      if (driver.runBuildVm) return await driver.runBuildVm(request, context);
      throw new VirtbsError('image-build-failed', `${options.connect} runs no VMs to customize images with`, {
        hint: 'give another --connect',
      });
    },
    async [Symbol.asyncDispose]() {
      // Where it could not be opened, whoever asked for it was told.
      const driver = await opening?.catch(() => undefined);
      await driver?.[Symbol.asyncDispose]();
    },
  };
}
