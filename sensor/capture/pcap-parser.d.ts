// pcap-parser ships no types; these cover what pcap-stream.ts uses of version 0.2.1.
declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';
  import type { Readable } from 'node:stream';

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
  const pcapParser: { parse(input: Readable): EventEmitter<ParserEvents> };
  export default pcapParser;
}
