// cap's own types need a default import that ESM does not have; these cover what cap-child.ts uses of version 0.2.1.
declare module 'cap' {
  import type { EventEmitter } from 'node:events';

  interface CapEvents {
    packet: [byteCount: number, truncated: boolean];
  }
  class Cap extends EventEmitter<CapEvents> {
    /** Keeps a raw pointer to `buffer`: hold it as long as the capture is open. Returns the link type's name. */
    open(device: string, filter: string, bufferSize: number, buffer: Buffer): string;
    close(): void;
    send(buffer: Buffer, byteCount?: number): void;
  }
  const cap: { Cap: typeof Cap };
  export default cap;
}
