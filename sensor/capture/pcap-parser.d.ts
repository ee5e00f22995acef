// pcap-parser ships no types; these cover what pcap-stream.ts uses of version 0.2.1.
declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';

  interface GlobalHeader {
    magicNumber: number;
    snapshotLength: number;
    linkLayerType: number;
  }
  interface PacketHeader {
    timestampSeconds: number;
    timestampMicroseconds: number;
    capturedLength: number;
    originalLength: number;
  }
  interface ParserEvents {
    globalHeader: [header: GlobalHeader];
    packetHeader: [header: PacketHeader];
    packet: [packet: { header: PacketHeader; data: Buffer }];
    error: [error: Error];
    end: [];
  }
  /** What it uses of a stream. */
  interface Input extends EventEmitter {
    pause(): void;
    resume(): void;
  }
  const pcapParser: { parse(input: Input): EventEmitter<ParserEvents> };
  export default pcapParser;
}
