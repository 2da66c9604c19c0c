/** What a change depends on cannot be had, and only a person can change that. Its message is for the author of the change. */
export class UnmetDependency extends Error {
  override readonly name = 'UnmetDependency';
}
