// Follows the lengths of MQTT packets in a stream of bytes, so that one can be refused when it is announced and before a
// parser collects it: that would take up to 256 MB (MQTT 3.1.1, section 2.2.3: a remaining length of one to four bytes).

/** A discovery payload has 8 KB; nothing that this program sends or awaits comes near. */
export const LARGEST_PACKET = 256 * 1024;

export class PacketLengths {
  readonly #limit: number;
  /** Bytes of the current packet's body still to come. */
  #body = 0;
  /** Null between packets' headers: the next byte is a packet type. */
  #header: { length: number; shift: number } | null = null;

  constructor(limit: number = LARGEST_PACKET) {
    this.#limit = limit;
  }

  /** The next bytes of the stream. False: a packet is announced that is too large, or without an end. */
  fits(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        this.#body -= taken;
        at += taken;
        continue;
      }
      const byte = chunk.readUInt8(at);
      at += 1;
      if (this.#header === null) {
        this.#header = { length: 0, shift: 0 };
        continue;
      }
      this.#header.length += (byte & 0x7f) * 2 ** this.#header.shift;
      this.#header.shift += 7;
      if (this.#header.length > this.#limit || this.#header.shift > 28) return false;
      if ((byte & 0x80) === 0) {
        this.#body = this.#header.length;
        this.#header = null;
      }
    }
    return true;
  }
}
