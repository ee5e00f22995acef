// Why a capture cannot be read, told apart so that the caller can choose words and exit code.

export type CaptureProblem =
  /** The file cannot be opened: missing, a directory, no rights. */
  | 'unopened'
  /** Empty, or not a packet capture at all. */
  | 'not-a-capture'
  | 'unsupported'
  | 'damaged'
  /** tcpdump or libpcap is missing or would not start. */
  | 'tool';

/** The message is a whole sentence for a person. */
export class CaptureError extends Error {
  readonly problem: CaptureProblem;

  constructor(problem: CaptureProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** What could not be opened or went on no further, `name`, as an error in words. */
export function unopened(name: string, error: unknown): CaptureError {
  return error instanceof CaptureError
    ? error
    : new CaptureError('unopened', `cannot read ${name}: ${openReason(error)}`);
}

export function openReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM')
    return 'this user may not read it; change its permissions or run as its owner';
  return error instanceof Error ? error.message : String(error);
}
