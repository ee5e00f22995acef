// The SOAP dialogue of one connection with a router: segments in order in, requests to open ports and their answers out.
// Keeps one message a direction and at most 16 KiB of it.
import { decodeHttpMessage, type HttpMessage } from './http-message.ts';
import { decodeIgdRequest, decodeIgdResponse, type IgdRequest, type IgdResponse, igdRequestByHeader } from './igd.ts';
import { type Decoded, Failure } from './outcome.ts';

const MAX_MESSAGE = 16 * 1024;
/** What ends a SOAP body, whatever the length says. */
const BODY_END = /<\/(?:[\w.-]{1,64}:)?Envelope\s*>/i;

/**
 * Octets that begin like a request or a status line begin a new message, others continue the one that is open. So a segment
 * that the capture did not get costs one message, and what else is said on the connection costs nothing.
 */
class Direction<T> {
  readonly #start: RegExp;
  readonly #decode: (message: HttpMessage) => Decoded<T>;
  #pieces: Buffer | null = null;

  constructor(start: RegExp, decode: (message: HttpMessage) => Decoded<T>) {
    this.#start = start;
    this.#decode = decode;
  }

  /** The message that these octets complete, if it is one of those looked for. */
  push(octets: Buffer): T | null {
    if (this.#start.test(octets.toString('latin1', 0, 8))) this.#pieces = Buffer.alloc(0);
    if (this.#pieces === null) return null;
    this.#pieces = Buffer.concat([this.#pieces, octets]).subarray(0, MAX_MESSAGE);
    const message = decodeHttpMessage(this.#pieces);
    const isFull = this.#pieces.length === MAX_MESSAGE;
    if (message instanceof Failure) {
      if (message.reason !== 'truncated' || isFull) this.#pieces = null;
      return null;
    }
    if (!message.complete && !isFull && !BODY_END.test(message.body.toString('latin1'))) return null;
    this.#pieces = null;
    const decoded = this.#decode(message);
    return decoded instanceof Failure ? null : decoded;
  }

  /** What has come of a message that does not go on. */
  takeOpen(): Buffer | null {
    const pieces = this.#pieces;
    this.#pieces = null;
    return pieces;
  }
}

export class IgdExchange {
  readonly #requests = new Direction(/^POST /, requestOf);
  readonly #responses = new Direction(/^HTTP\/1\./, ({ body }) => decodeIgdResponse(body));

  /** Octets of the client. Gives the request that they complete. */
  request(octets: Buffer): IgdRequest | null {
    return this.#requests.push(octets);
  }

  /** Octets of the router. Gives the answer that they complete. */
  response(octets: Buffer): IgdResponse | null {
    return this.#responses.push(octets);
  }

  /**
   * The request that was begun and whose body was not seen in full, as when the filter dropped a segment: what there is of it,
   * or at least the action that its header names. Ask when the router answers and when the connection ends.
   */
  unfinished(): IgdRequest | null {
    const bytes = this.#requests.takeOpen();
    const message = bytes === null ? null : decodeHttpMessage(bytes);
    if (message === null || message instanceof Failure) return null;
    const request = requestOf(message);
    return request instanceof Failure ? null : request;
  }
}

/** By its body, or else by the action that its header names. */
function requestOf({ body, fields }: HttpMessage): Decoded<IgdRequest> {
  const request = decodeIgdRequest(body);
  return request instanceof Failure ? igdRequestByHeader(fields.get('soapaction') ?? '') : request;
}
