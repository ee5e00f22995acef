// mqtt-packet, which writes what client and broker send, makes a Buffer of each of the 65,536 numbers of two octets before its
// first packet. That is much of a start and some megabytes that stay; the few packets of a sensor need none of them.
import mqttPacket from 'mqtt-packet';

/** Call before the first packet is written. */
export function makeNoNumbersAhead(): void {
  mqttPacket.writeToStream.cacheNumbers = false;
}
