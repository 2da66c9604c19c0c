const ELEMENT = /<genid>([0-9a-fA-F-]{36})<\/genid>/;

/** Returns the generation id in a VM's description; undefined where it has none. */
export function generationOf(xml: string): string | undefined {
  return ELEMENT.exec(xml)?.[1];
}

/**
 * Returns the description with the generation id that the memory was saved with: libvirt renews the id at each restore, and restores only
 * what the description is the same machine as.
 */
export function withGeneration(xml: string, generation: string | undefined): string {
  return generation === undefined ? xml : xml.replace(ELEMENT, `<genid>${generation}</genid>`);
}
