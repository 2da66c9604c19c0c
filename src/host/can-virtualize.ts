/** Tells whether the processor shows Intel's or AMD's virtualization. virt-host-validate looks at the same flags. */
export function canVirtualize(cpuinfo: string): boolean {
  return /\b(vmx|svm)\b/.test(cpuinfo);
}
