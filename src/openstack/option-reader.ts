import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { problemsError, type Problem } from '../yaml/problem.js';
import type { Place } from '../yaml/place.js';

/** A value as it was written, and where. */
export interface Option {
  readonly value: unknown;
  readonly place: Place;
  /** The name in messages: `clouds.demo.auth.password`, or `OS_PASSWORD`. */
  readonly label: string;
}

export interface OptionSource {
  /** The first of these options that is there, by their names in clouds.yaml. */
  find(names: readonly string[]): Option | undefined;
  readonly cwd: string;
  /** The home of the user, where the environment tells it. */
  readonly home: string | undefined;
}

/** Reads options and gathers what is wrong with them; values are never repeated, as any may be a secret in the wrong place. */
export class OptionReader {
  readonly #source: OptionSource;
  readonly #problems: Problem[] = [];

  constructor(source: OptionSource) {
    this.#source = source;
  }

  /** Text that is not empty. */
  text(...names: readonly string[]): string | null {
    const option = this.#source.find(names);
    if (!option || option.value === null || option.value === '') return null;
    if (typeof option.value === 'string') return option.value;
    const scalar = typeof option.value === 'number' || typeof option.value === 'boolean';
    return this.#report(option, scalar ? 'is not text to YAML: put it in quotes' : 'is not text');
  }

  /** Text, where a whole number is as good. */
  version(...names: readonly string[]): string | null {
    const option = this.#source.find(names);
    if (typeof option?.value === 'number' && Number.isInteger(option.value)) return String(option.value);
    return this.text(...names);
  }

  flag(...names: readonly string[]): boolean | null {
    const option = this.#source.find(names);
    if (!option || option.value === null || option.value === '') return null;
    if (typeof option.value === 'boolean') return option.value;
    const { value } = option;
    const word = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    if (/^(?:true|yes|on|1)$/i.test(word)) return true;
    if (/^(?:false|no|off|0)$/i.test(word)) return false;
    return this.#report(option, 'is neither true nor false');
  }

  /** Seconds, above 0, in milliseconds. */
  duration(...names: readonly string[]): number | null {
    const option = this.#source.find(names);
    if (!option || option.value === null || option.value === '') return null;
    const seconds = typeof option.value === 'object' ? Number.NaN : Number(option.value);
    return seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : this.#report(option, 'is no number of seconds');
  }

  url(...names: readonly string[]): string | null {
    const text = this.text(...names);
    const option = this.#source.find(names);
    const url = text === null || !URL.canParse(text) ? null : new URL(text);
    if (text === null) return null;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
      return this.#report(option, 'is no url of http or https');
    return url.username === '' && url.password === ''
      ? text
      : this.#report(option, 'has a user name or a password in it: they go into options of their own');
  }

  /** The absolute path of a file. */
  file(...names: readonly string[]): string | null {
    const text = this.text(...names);
    const home = this.#source.home ?? homedir();
    return text === null ? null : resolve(this.#source.cwd, text.startsWith('~/') ? join(home, text.slice(2)) : text);
  }

  /** PEM itself, or the absolute path of a file that has it. */
  pem(...names: readonly string[]): string | null {
    const text = this.text(...names);
    return text?.includes('-----BEGIN ') === true ? text : this.file(...names);
  }

  /** Returns the name in messages of the first of these options that is there, or could be. */
  label(...names: readonly string[]): string {
    return this.#source.find(names)?.label ?? names.join(', ');
  }

  /** Tells that an option has a value that cannot be used. */
  refuse(names: readonly string[], what: string): void {
    this.#report(this.#source.find(names), what);
  }

  /** @throws VirtbsError `config-invalid` with every problem so far */
  finish(): void {
    if (this.#problems.length > 0) throw problemsError(this.#problems);
  }

  #report(option: Option | undefined, what: string): null {
    if (option) this.#problems.push({ place: option.place, label: option.label, what });
    return null;
  }
}
