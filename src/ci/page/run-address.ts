import { PAGE_NAMES } from './page-names.js';

/** The address of the page of a run. @param base where the folder of the logs is served, also with a path: `https://ci.example.org/lab` */
export function runAddress(base: string, run: number): string {
  return new URL(PAGE_NAMES.run(run), base.endsWith('/') ? base : `${base}/`).href;
}
