/** The first line of every text file that we write for people; by it we know the file as ours before we remove it. */
export function fileHeader(slice: number, content: string): string {
  return `# ${fileMark(slice, content)}\n`;
}

/** The value of the key `virtbs`, the first of every JSON file that we write: what the first line is to a text file. */
export function fileMark(slice: number, content: string): string {
  return `${marker(slice)}, ${content}: written by virtbs`;
}

/** Tells whether a file with this beginning was written for this slice. */
export function hasFileHeader(slice: number, beginning: string): boolean {
  return new RegExp(`^(?:# |\\{\\s*"virtbs":\\s*")${marker(slice)},`).test(beginning);
}

function marker(slice: number): string {
  return `virtbs slice ${slice}`;
}
