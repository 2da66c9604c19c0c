/** Something that happened to a change or a branch, whoever saw it. */
export interface ChangeEvent {
  /** Unique; equal for the same event seen twice. */
  readonly id: string;
  readonly kind: 'patchset' | 'comment' | 'merged' | 'abandoned' | 'ref';
  readonly project: string;
  readonly branch: string;
  readonly change?: {
    readonly number: number;
    readonly id?: string;
    readonly url?: string;
    readonly subject?: string;
    readonly topic?: string;
  };
  readonly patchSet?: {
    readonly number: number;
    readonly revision: string;
    readonly ref: string;
    readonly uploader?: string;
  };
  readonly revision?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly files?: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}
