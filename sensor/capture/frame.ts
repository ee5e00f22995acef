// What capture hands to decode: the bytes of one link-layer frame and when they passed. Nothing is interpreted here.

/** Link types we read, by their LINKTYPE_ number (https://www.tcpdump.org/linktypes.html). */
export const LINK_TYPES = { ethernet: 1, linuxCooked: 113, linuxCooked2: 276 } as const;
export type LinkType = (typeof LINK_TYPES)[keyof typeof LINK_TYPES];

export interface Frame {
  /** Packet time: whole milliseconds since 1970-01-01 UTC, from the capture and never from this machine's clock. */
  readonly time: number;
  readonly linkType: LinkType;
  /** The captured bytes: a view into a shared read buffer, so copy what outlives the call. */
  readonly data: Buffer;
  /** Bytes the frame had on the wire; at least `data.length`. */
  readonly originalLength: number;
  /** Came wrapped, as from a remote mirror: it is not unwrapped again. */
  readonly unwrapped?: boolean;
}
