// What stands in the way of whoever runs a fleet, in words for a person.

export class OperatorError extends Error {
  /** 2: wrong usage or configuration; 1: failed while running. */
  readonly code: 1 | 2;

  constructor(message: string, code: 1 | 2 = 2) {
    super(message);
    this.code = code;
  }
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
