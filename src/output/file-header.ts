/** The first line of every text file that we write for people; by it we know the file as ours before we remove it. */
export function fileHeader(slice: number, content: string): string {
  return `${marker(slice)}, ${content}: written by cycle, removed by wipe\n`;
}

/** Whether a file with this beginning was written for this slice. */
export function hasFileHeader(slice: number, beginning: string): boolean {
  return beginning.startsWith(`${marker(slice)},`);
}

function marker(slice: number): string {
  return `# virtbs slice ${slice}`;
}
