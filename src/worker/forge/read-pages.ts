/** A forge that always has another full page does not do what is documented. */
const MOST_PAGES = 100;

/** Reads pages, counted from 1, until one has fewer items than `size`. */
export async function readPages<T>(size: number, read: (page: number) => Promise<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const items = await read(page);
    all.push(...items);
    if (items.length < size) break;
  }
  return all;
}
