/** The names of a guest's disks in their order: vda … vdz, vdaa … */
export function diskTarget(index: number): string {
  const letter = String.fromCharCode('a'.charCodeAt(0) + (index % 26));
  return index < 26 ? `vd${letter}` : `${diskTarget(Math.floor(index / 26) - 1)}${letter}`;
}
