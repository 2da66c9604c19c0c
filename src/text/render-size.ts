const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes for people: `1 GiB`, `1.5 GiB`, `512 MiB`. */
export function renderSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const number = bytes / 1024 ** power;
  return `${Number(number.toFixed(number < 10 ? 2 : 1))} ${UNITS[power] ?? 'B'}`;
}
