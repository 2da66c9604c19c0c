/** The names that users may choose for things of one kind. */
export interface NamePattern {
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowed: string;
}
