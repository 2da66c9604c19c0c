/** The fields of an object; none where it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The members of a list; none where it is no list. */
export function membersOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number from 0, which old servers write as a string. */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The name of a project, which some events wrap into an object. */
export function projectOf(value: unknown): string | undefined {
  return textOf(value) ?? textOf(fieldsOf(value)['name']);
}

/** The account by the most stable of its names: user name, mail address, full name. */
export function accountOf(value: unknown): string | undefined {
  const { username, email, name } = fieldsOf(value);
  return textOf(username) ?? textOf(email) ?? textOf(name);
}
