import { canVirtualize } from './can-virtualize.js';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import { tryKvm } from './try-kvm.js';

const { ok, warn, fail } = findings('kvm');

const FIRMWARE = 'enable virtualization (VT-x, AMD-V) in the firmware setup of this machine';
const OUTER =
  'this machine is a VM: enable nested virtualization where it runs, and give it the CPU model host-passthrough';

/**
 * KVM is there and works. A kernel can have /dev/kvm while the processor cannot virtualize, and a processor can have it switched
 * off; so a guest of one instruction is run, where we may.
 */
export async function checkKvm(host: Host, attempt = tryKvm): Promise<readonly Finding[]> {
  const cpuinfo = (await host.read('/proc/cpuinfo')) ?? '';
  const cure = /\bhypervisor\b/.test(cpuinfo) ? OUTER : FIRMWARE;
  const device = await host.stat('/dev/kvm');
  if (!canVirtualize(cpuinfo)) {
    const there = device ? '/dev/kvm is there, but ' : '';
    return [warn(`${there}the processor shows neither vmx nor svm: VMs are emulated, many times slower`, cure)];
  }
  if (!device) {
    const module = /\bvmx\b/.test(cpuinfo) ? 'kvm_intel' : 'kvm_amd';
    return [warn('there is no /dev/kvm: VMs are emulated, many times slower', `sudo modprobe ${module}, else ${cure}`)];
  }
  const found = (await host.writable('/dev/kvm')) ? await attempt(host) : 'not tried';
  if (found === 'works') return [ok('works'), ...(await checkNested(host))];
  if (found === 'not tried') return [ok('/dev/kvm is there'), ...(await checkNested(host))];
  return [
    fail(`/dev/kvm is there, but a guest does not run: ${found}`, `see \`sudo dmesg | grep -i kvm\`, or ${cure}`),
  ];
}

async function checkNested(host: Host): Promise<readonly Finding[]> {
  for (const module of ['kvm_intel', 'kvm_amd']) {
    const value = (await host.read(`/sys/module/${module}/parameters/nested`))?.trim();
    if (value === undefined) continue;
    if (/^[Y1]$/.test(value)) return [ok('nested: VMs can run VMs')];
    const line = `options ${module} nested=1`;
    return [
      warn(
        'nested: VMs cannot run VMs',
        `echo '${line}' | sudo tee /etc/modprobe.d/kvm-nested.conf && sudo modprobe -r ${module} && sudo modprobe ${module}, with no VM running`,
      ),
    ];
  }
  return [];
}
