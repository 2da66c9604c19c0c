/** How the result of a verb is to be shown. */
export interface ResultOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly timings: boolean;
}
