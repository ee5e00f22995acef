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
