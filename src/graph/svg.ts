/** The width of a letter, as a part of the font's size; an estimate, because the font is unknown. */
const LETTER_WIDTH = 0.5;

/** Returns a whole picture: one file without anything from elsewhere. */
export function svgPicture(
  { title, width, height }: { readonly title: string; readonly width: number; readonly height: number },
  parts: readonly string[],
): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const ground = [`<title>${escapeSvg(title)}</title>`, `<rect width="${width}" height="${height}" fill="#ffffff"/>`];
  const font = 'font-family="system-ui, sans-serif"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>\n${[...ground, ...parts].join('\n')}\n</svg>\n`;
}

export interface TextStyle {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly weight?: 'bold';
  readonly fill?: string;
  /** Pixels; a longer text is pressed together. */
  readonly room?: number;
}

export function svgText(content: string, { x, y, size, weight, fill = '#222222', room = Infinity }: TextStyle): string {
  const bold = weight === undefined ? '' : ` font-weight="${weight}"`;
  const pressed =
    content.length * size * LETTER_WIDTH > room ? ` textLength="${room}" lengthAdjust="spacingAndGlyphs"` : '';
  return `<text x="${x}" y="${y}" font-size="${size}"${bold}${pressed} fill="${fill}">${escapeSvg(content)}</text>`;
}

function escapeSvg(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
