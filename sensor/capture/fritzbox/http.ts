// HTTP with a FRITZ!Box: every request on a connection of its own, whose certificate is looked at before a word is said.
// Answers are bounded. No address of a request is ever told: session ids stand in them.
import { X509Certificate } from 'node:crypto';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import { StreamError } from '../stream-source.ts';

/** What the certificate of an https:// box is trusted by; null: by a certificate authority that this machine knows. */
export type Trust = { ca: string } | { fingerprint: string } | 'anything' | null;

export interface Box {
  /** Without a path. */
  url: URL;
  trust: Trust;
}

const CONNECT_WITHIN = 10_000;
/** The head of an answer, and the whole of a short one, ms. */
const ANSWER_WITHIN = 15_000;
const LONGEST_ANSWER = 2 * 1024 * 1024;

export interface Answer {
  status: number;
  text: string;
}

export interface Question {
  /** With its query. */
  path: string;
  /** Sent as a form. */
  form?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** The head of the answer must come within, ms. */
  within?: number;
}

/** Asks and reads the whole answer. Rejects with a StreamError. */
export async function ask(box: Box, question: Question): Promise<Answer> {
  const answer = await open(box, question);
  const end = () => answer.destroy();
  const timer = setTimeout(end, ANSWER_WITHIN);
  question.signal?.addEventListener('abort', end, { once: true });
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer) {
      length += chunk.length;
      if (length > LONGEST_ANSWER) throw new StreamError(`${nameOf(box)} gives an answer that is too long`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof StreamError ? error : new StreamError(`${nameOf(box)} broke off its answer`);
  } finally {
    clearTimeout(timer);
    question.signal?.removeEventListener('abort', end);
    answer.destroy();
  }
  return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

/** Asks and resolves when the answer begins; destroy it to end the connection. Rejects with a StreamError. */
export async function open(
  box: Box,
  { form, path, signal, within = ANSWER_WITHIN }: Question,
): Promise<IncomingMessage> {
  const socket = await connected(box, signal);
  const body = form === undefined ? null : new URLSearchParams(form).toString();
  const end = () => socket.destroy(new Error('stopped'));
  signal?.addEventListener('abort', end, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      const outgoing: ClientRequest = httpRequest(
        {
          createConnection: () => socket,
          host: box.url.hostname,
          path,
          method: body === null ? 'GET' : 'POST',
          headers: {
            host: box.url.host,
            connection: 'close',
            ...(body === null
              ? {}
              : {
                  'content-type': 'application/x-www-form-urlencoded',
                  'content-length': Buffer.byteLength(body),
                }),
          },
        },
        (answer) => {
          clearTimeout(timer);
          // Ends with its socket, whoever closes that.
          answer.once('close', () => socket.destroy());
          resolve(answer);
        },
      );
      const timer = setTimeout(() => outgoing.destroy(new Error('no answer')), within);
      outgoing.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      outgoing.end(body ?? undefined);
    });
  } catch (error) {
    socket.destroy();
    throw fault(box, error);
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

async function connected({ trust, url }: Box, signal?: AbortSignal): Promise<Socket> {
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  const socket = isSecure ? connectTls({ host, port, ...tlsOptions(host, trust) }) : connectTcp({ host, port });
  const end = () => socket.destroy(new Error('stopped'));
  signal?.addEventListener('abort', end, { once: true });
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_WITHIN);
  try {
    if (signal?.aborted) throw new Error('stopped');
    await new Promise<void>((resolve, reject) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('it closed the connection')));
    });
    if (typeof trust === 'object' && trust !== null && 'fingerprint' in trust)
      checkFingerprint(socket, trust.fingerprint);
    return socket;
  } catch (error) {
    socket.on('error', () => {
      // Told below.
    });
    socket.destroy();
    throw fault({ trust, url }, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

function tlsOptions(host: string, trust: Trust): object {
  // A name is asked for only where there is one (RFC 6066, section 3).
  const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  if (trust === null) return servername;
  if (trust === 'anything' || 'fingerprint' in trust) return { ...servername, rejectUnauthorized: false };
  return { ...servername, ca: trust.ca, checkServerIdentity: checkName(trust.ca) };
}

/** The very certificate of the file may bear any name, as a box's own does; one that it vouches for must bear the box's. */
function checkName(pem: string): typeof checkServerIdentity {
  const own = new Set(
    [...pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(
      ([text]) => new X509Certificate(text).fingerprint256,
    ),
  );
  return (host, certificate) =>
    own.has(certificate.fingerprint256) ? undefined : checkServerIdentity(host, certificate);
}

function checkFingerprint(socket: Socket | TLSSocket, wanted: string): void {
  const shown = 'getPeerX509Certificate' in socket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
  const plain = (text: string) => text.replaceAll(':', '').toLowerCase();
  if (shown === undefined || plain(shown) !== plain(wanted))
    throw new StreamError(
      `the box shows another certificate than capture.fritzbox.fingerprint names${shown === undefined ? '' : ` (SHA-256 ${shown})`}`,
      60_000,
    );
}

export function nameOf({ url }: Box): string {
  return `the FRITZ!Box at ${url.host}`;
}

const TRUST_HINT = 'name it by capture.fritzbox.ca or .fingerprint, or set .insecure';

function fault(box: Box, error: unknown): StreamError {
  if (error instanceof StreamError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  const known: Record<string, string> = {
    ECONNREFUSED: 'it refuses the connection',
    ENOTFOUND: 'its name is not known',
    EAI_AGAIN: 'its name cannot be looked up',
    EHOSTUNREACH: 'there is no way to it',
    ENETUNREACH: 'there is no way to it',
    ETIMEDOUT: 'no answer',
    ECONNRESET: 'it closed the connection',
    EPROTO: 'it does not speak TLS there',
    DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is its own: ${TRUST_HINT}`,
    SELF_SIGNED_CERT_IN_CHAIN: `its certificate is its own: ${TRUST_HINT}`,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: `nobody known vouches for its certificate: ${TRUST_HINT}`,
    ERR_TLS_CERT_ALTNAME_INVALID: `its certificate bears another name: ${TRUST_HINT}`,
  };
  const why = code === null ? (error instanceof Error ? error.message : 'no answer') : (known[code] ?? code);
  return new StreamError(`${nameOf(box)} cannot be reached: ${why}`);
}
