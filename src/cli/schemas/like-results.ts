import type * as z from 'zod';
import type { JsonResults } from '../json-results.js';

/** The schemas, checked by the compiler to describe exactly what is printed: a member too many or too few is an error at its name. */
export function likeResults<T extends { readonly [K in keyof JsonResults]: z.ZodType }>(
  schemas: T & {
    readonly [K in keyof JsonResults]: Same<JsonResults[K], z.output<T[K]>> extends true ? unknown : never;
  },
): T {
  return schemas;
}

/** Tells whether two types have the same members of the same types. */
export type Same<A, B> = Identical<Plain<A>, Plain<B>>;

/** By what the compiler takes for the same type: two conditional types are when the types that they test for are. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- that T is any type is what makes the comparison strict
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** A type without the difference between interface and literal, and with all members read-only. */
type Plain<T> = T extends readonly (infer E)[]
  ? readonly Plain<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<T[K]> }
    : T;
