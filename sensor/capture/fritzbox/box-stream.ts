// The capture of a FRITZ!Box as a live stream: logs in, finds the interface by its name, has the box send what passes there,
// and logs out at the end. Written from AVM's note and from what programs for it do; traffic.md of the
// manual says what no box has confirmed.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Log } from '../../log.ts';
import { type CaptureStream, StreamError, type StreamOpener } from '../stream-source.ts';
import { ask, type Box, nameOf, open, type Trust } from './http.ts';
import { guessInterface, pickInterface, readInterfaces } from './interfaces.ts';
import { type Account, isLoggedIn, logIn, logOut } from './login.ts';

/** As capture.fritzbox has it. */
export interface FritzboxSettings {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  password_file?: string | undefined;
  interface: string;
  filter?: string | undefined;
  ca?: string | undefined;
  fingerprint?: string | undefined;
  insecure: boolean;
}

/** Whole frames, as the box's own page asks for by default. */
const SNAP_LENGTH = 1600;
const TEN_MINUTES = 600_000;
const FAREWELL_WITHIN = 2000;

export class FritzboxOpener implements StreamOpener {
  readonly name: string;
  readonly #box: Box;
  readonly #settings: FritzboxSettings;
  readonly #account: Account;
  readonly #log: Log;
  #sid: string | null = null;
  #interface: string | null = null;

  /** Throws a StreamError when the file of a certificate cannot be read. */
  constructor(settings: FritzboxSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#box = { url: new URL(settings.url), trust: trustOf(settings) };
    this.name = nameOf(this.#box);
    this.#account = {
      username: settings.username ?? null,
      password: () => settings.password ?? readSecret(settings.password_file ?? ''),
    };
  }

  async open(signal: AbortSignal): Promise<CaptureStream> {
    const sid = await this.#session(signal);
    const id = await this.#interfaceId(sid, signal);
    const query = new URLSearchParams({
      ifaceorminor: id,
      snaplen: String(SNAP_LENGTH),
      ...(this.#settings.filter === undefined ? {} : { filter: this.#settings.filter }),
      capture: 'Start',
      sid,
    });
    const answer = await open(this.#box, { path: `/cgi-bin/capture_notimeout?${query}`, signal });
    const type = answer.headers['content-type'] ?? '';
    if (answer.statusCode !== 200 || /html|json|xml/.test(type)) {
      answer.destroy();
      // The session may have ended, or the box was started anew.
      this.#sid = null;
      throw new StreamError(
        `${this.name} gives no capture of ${this.#settings.interface} (HTTP ${answer.statusCode}): its user needs the right to change the settings of the box`,
      );
    }
    this.#log.info(`${this.name} sends what passes its interface ${id}`);
    return new BoxStream(answer, () => this.#halt(id, sid));
  }

  async leave(): Promise<void> {
    if (this.#sid !== null) await logOut(this.#box, this.#sid);
    this.#sid = null;
  }

  /** The session of before, while the box knows it: each login is a line in the box's own log. */
  async #session(signal: AbortSignal): Promise<string> {
    if (this.#sid !== null && (await isLoggedIn(this.#box, this.#sid, signal))) return this.#sid;
    this.#sid = null;
    this.#sid = await logIn(this.#box, this.#account, signal);
    return this.#sid;
  }

  async #interfaceId(sid: string, signal: AbortSignal): Promise<string> {
    if (this.#interface !== null) return this.#interface;
    const wanted = this.#settings.interface;
    const list = await this.#list(sid, signal);
    const id = list.length > 0 ? pickInterface(wanted, list) : guessInterface(wanted);
    if (id === null) {
      const names = list.map(({ id, label }) => (label === '' ? id : `${id} (${label})`)).join(', ');
      throw new StreamError(
        `${this.name} has no interface, or more than one, that capture.fritzbox.interface "${wanted}" means; it has ${names === '' ? 'told none' : names}`,
        TEN_MINUTES,
      );
    }
    if (list.length === 0) this.#log.warn(`${this.name} does not list its interfaces; "${wanted}" is taken for ${id}`);
    this.#interface = id;
    return id;
  }

  /** From the page of newer versions, else from that of older ones. */
  async #list(sid: string, signal: AbortSignal) {
    for (const question of [
      { path: '/data.lua', form: { xhr: '1', sid, lang: 'en', page: 'cap' } },
      { path: '/capture.lua', form: { sid } },
    ]) {
      const { status, text } = await ask(this.#box, { ...question, signal });
      const list = status === 200 ? readInterfaces(text) : [];
      if (list.length > 0) return list;
    }
    return [];
  }

  /** Has the box end a capture; it notices the closed connection as well. */
  async #halt(id: string, sid: string): Promise<void> {
    const [type = '', name = ''] = [id.slice(0, id.indexOf('-')), id.slice(id.indexOf('-') + 1)];
    const which = type === '1' ? { iface: name, minor: '-1', type } : { iface: '', minor: name, type };
    const query = new URLSearchParams({ ...which, ifaceorminor: id, capture: 'Stop', sid });
    await ask(this.#box, {
      path: `/cgi-bin/capture_notimeout?${query}`,
      signal: AbortSignal.timeout(FAREWELL_WITHIN),
      within: FAREWELL_WITHIN,
    }).catch(() => {
      // A box that is gone needs no telling.
    });
  }
}

class BoxStream implements CaptureStream {
  readonly bytes: IncomingMessage;
  readonly #halt: () => Promise<void>;

  constructor(bytes: IncomingMessage, halt: () => Promise<void>) {
    this.bytes = bytes;
    this.#halt = halt;
  }

  async close(): Promise<string | null> {
    this.bytes.destroy();
    await this.#halt();
    return null;
  }
}

function trustOf({ ca, fingerprint, insecure }: FritzboxSettings): Trust {
  if (insecure) return 'anything';
  if (fingerprint !== undefined) return { fingerprint };
  return ca === undefined ? null : { ca: readText('capture.fritzbox.ca', ca) };
}

/** Without the line end that editors add. */
function readSecret(path: string): string {
  return readText('capture.fritzbox.password_file', path).replace(/\r?\n$/, '');
}

function readText(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it is no file';
    throw new StreamError(`${key}: ${path} cannot be read (${why})`, 60_000);
  }
}
