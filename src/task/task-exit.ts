/** The end of a task by an exit code of its own. */
export class TaskExit extends Error {
  override readonly name = 'TaskExit';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}
