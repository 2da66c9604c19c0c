/** Options for the display of a result. */
export interface ResultOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly timings: boolean;
}
