// Who wants to see the packets themselves beside what was found in them: the evidence of incidents. Shapes only.
import type { Connection } from '../attribute/connection.ts';
import type { Frame } from '../capture/frame.ts';
import type { Packet } from '../decode/packet.ts';

/** Told of each packet before and after it is judged, with the connection it belongs to; never of copies and mere deadlines. */
export interface PacketWatcher {
  /** Also after time alone went on, when something may have been found as well. */
  before(): void;
  after(frame: Frame, packet: Packet, connection: Connection | null): void;
}
