// What stands in the way of a command at its edges. Belongs to main.ts.

/** A setting or a place that cannot be used, in words for a person; `code` is the exit code. */
export class EdgeError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
