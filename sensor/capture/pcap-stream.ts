// The one reader behind live capture, replay and pipes: classic pcap bytes in, frames out, through pcap-parser.
// It reads only streams that tcpdump or our own child wrote; pcap-parser trusts a record's claimed length.
import type { Readable } from 'node:stream';
import pcapParser from 'pcap-parser';
import { CaptureError } from './errors.ts';
import type { Frame, LinkType } from './frame.ts';
import { isSupportedLinkType, linkTypeName, linkTypeOf } from './link-types.ts';
import { PcapFeed } from './unread-bytes.ts';

/** libpcap's own upper bound for a snapshot length; a longer record means the stream is not what we think. */
const MAX_RECORD = 262_144;

export interface PcapStreamHandlers {
  /** The stream's header has been read: frames can follow. */
  onOpen?(linkType: LinkType): void;
  onFrame(frame: Frame): void;
}

export interface PcapStreamResult {
  /** Null when the stream ended before its header. */
  linkType: LinkType | null;
  frames: number;
}

/**
 * Reads `stream` to its end. Frames are delivered synchronously while a chunk is parsed, so a slow handler holds the
 * stream back. Rejects with a CaptureError when the bytes are no pcap stream, and with whatever the handler throws.
 */
export function readPcap(stream: Readable, handlers: PcapStreamHandlers): Promise<PcapStreamResult> {
  return new Promise((resolve, reject) => {
    const result: PcapStreamResult = { linkType: null, frames: 0 };
    const parser = pcapParser.parse(new PcapFeed(stream));
    const fail = (error: unknown) => {
      stream.destroy();
      reject(error);
    };
    parser.on('globalHeader', ({ linkLayerType }) => {
      const linkType = linkTypeOf(linkLayerType);
      if (!isSupportedLinkType(linkType)) {
        fail(
          new CaptureError(
            'unsupported',
            `the capture has link type ${linkTypeName(linkType)}, which thingwatch cannot read`,
          ),
        );
        return;
      }
      result.linkType = linkType;
      try {
        handlers.onOpen?.(linkType);
      } catch (error) {
        fail(error);
      }
    });
    parser.on('packetHeader', ({ capturedLength }) => {
      if (capturedLength > MAX_RECORD) {
        fail(new CaptureError('damaged', `a record claims ${capturedLength} bytes; no frame is that long`));
      }
    });
    parser.on('packet', ({ header, data }) => {
      if (result.linkType === null || stream.destroyed) return;
      // A sign of life of our own child, and no frame.
      if (header.capturedLength === 0 && header.originalLength === 0) return;
      result.frames++;
      const frame: Frame = {
        time: header.timestampSeconds * 1000 + Math.floor(header.timestampMicroseconds / 1000),
        linkType: result.linkType,
        data,
        originalLength: Math.max(header.originalLength, data.length),
      };
      try {
        handlers.onFrame(frame);
      } catch (error) {
        fail(error);
      }
    });
    parser.on('error', (error) =>
      fail(new CaptureError('damaged', `the capture stream cannot be read: ${error.message}`)),
    );
    parser.on('end', () => resolve(result));
    stream.on('close', () => resolve(result));
  });
}
