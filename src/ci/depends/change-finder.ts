/** A change as the review system has it now, with its current patch set. */
export interface FoundChange {
  readonly project: string;
  readonly branch: string;
  readonly number: number;
  readonly status: 'open' | 'merged' | 'abandoned';
  readonly url: string | undefined;
  readonly patchSet: { readonly number: number; readonly revision: string; readonly ref: string };
}

/** Somebody who knows changes: the review system. */
export interface ChangeFinder {
  /**
   * Returns the changes that a reference in a commit message means: the URL of a change, or a Change-Id, which several changes can
   * have. Null for a reference that is for somebody else.
   *
   * @param url the page of the change whose message it is: its server is ours
   */
  find(reference: string, url: string | undefined, signal: AbortSignal): Promise<readonly FoundChange[] | null>;
}
