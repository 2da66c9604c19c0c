/** A text of any length as members of a map whose values have at most 255 bytes: `plan0`, `plan1`, … */
export function splitText(name: string, text: string): Readonly<Record<string, string>> {
  const bytes =
    Buffer.from(text)
      .toString('base64url')
      .match(/.{1,255}/g) ?? [];
  return Object.fromEntries(bytes.map((chunk, index) => [`${name}${index}`, chunk]));
}

/** The text that was split so; undefined where there is none. */
export function joinText(name: string, map: Readonly<Record<string, string>>): string | undefined {
  const chunks: string[] = [];
  for (let chunk = map[`${name}0`]; chunk !== undefined; chunk = map[`${name}${chunks.length}`]) chunks.push(chunk);
  return chunks.length === 0 ? undefined : Buffer.from(chunks.join(''), 'base64url').toString();
}
