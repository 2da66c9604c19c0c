/** Where the memory of a domain is to come from. */
export type DomainMemory =
  /** A file. `shared`: what the guest writes is written to it; `private`: the guest's own, and the file stays as it is. */
  | { readonly path: string; readonly mode: 'shared' | 'private' | 'read-only' }
  /** Memory without a file, which is otherwise the same machine. */
  | { readonly path: null };

export interface MappedDomain {
  readonly memory: DomainMemory;
  /** The guest waits for its devices to be loaded, and is told that its random numbers are to be other ones (`genid`). */
  readonly incoming?: { readonly genid: string };
}

/** The name of the memory in the emulator; a machine can be loaded only where the names are the same. */
const BACKEND = 'virtbs-memory';
const NAMESPACE = 'http://libvirt.org/schemas/domain/qemu/1.0';
const OWN_ARGUMENTS = /\s*<qemu:commandline>.*?<\/qemu:commandline>/s;

/**
 * The XML of a domain whose memory is a file, from XML as libvirt writes it. The machine has no balloon: the emulator would make holes in
 * the file for pages that the guest gives back, also where the guest's own writes do not reach the file.
 *
 * libvirt has no element for a file of ours, so these are arguments for the emulator itself. Source:
 * https://libvirt.org/drvqemu.html#pass-through-of-arbitrary-qemu-commands
 */
export function mappedXml(xml: string, { memory, incoming }: MappedDomain): string {
  const size = /<memory unit=['"]KiB['"]>(\d+)<\/memory>/.exec(xml)?.[1];
  if (size === undefined) throw new Error('libvirt does not say how much memory a domain has');
  const args = ['-object', `${backend(memory)},id=${BACKEND},size=${size}K`, '-machine', `memory-backend=${BACKEND}`];
  if (incoming) args.push('-incoming', 'defer');
  const lines = args.map((argument) => `<qemu:arg value='${escapeAttribute(argument)}'/>`);
  const machine = xml
    .replace(OWN_ARGUMENTS, '')
    .replace(/<domain (?:xmlns:qemu='[^']*' )?/, `<domain xmlns:qemu='${NAMESPACE}' `)
    .replace(/ xmlns:qemu='[^']*'(?=[^>]* xmlns:qemu=)/, '')
    .replace(/<memballoon .*?<\/memballoon>|<memballoon [^>]*\/>/s, "<memballoon model='none'/>")
    // A path may have a $, which has a meaning in a text that replaces.
    .replace(/<\/domain>\s*$/, () => `<qemu:commandline>${lines.join('')}</qemu:commandline></domain>`);
  return incoming ? machine.replace(/<genid>[^<]*<\/genid>/, `<genid>${incoming.genid}</genid>`) : machine;
}

/** Tells how the memory of a domain that runs comes from a file; null where it does not. */
export function memoryOf(xml: string): 'shared' | 'private' | null {
  const [args = ''] = OWN_ARGUMENTS.exec(xml) ?? [];
  if (!args.includes(`id=${BACKEND},`) || !args.includes('mem-path=')) return null;
  return args.includes('share=on,') ? 'shared' : 'private';
}

/** True for a machine as `mappedXml` makes it: it can be loaded only into another one. */
export function isMappedMachine(xml: string): boolean {
  return OWN_ARGUMENTS.exec(xml)?.[0].includes(`id=${BACKEND},`) ?? false;
}

function backend(memory: DomainMemory): string {
  if (memory.path === null) return 'memory-backend-ram';
  // A comma that is doubled is none between options. Source: qemu(1)
  const path = memory.path.replaceAll(',', ',,');
  const share = memory.mode === 'shared' ? 'on' : 'off';
  const access = memory.mode === 'read-only' ? ',readonly=on,rom=off' : '';
  return `memory-backend-file,mem-path=${path},share=${share}${access}`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');
}
