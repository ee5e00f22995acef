// Hears alerts of the embedded broker on this namespace's loopback and prints for each first one of an incident of mail the
// monotonic time (ns) at which it was there, the device, the port and the incident. `alert-listener.mjs PORT`.
import { connect } from 'mqtt';

const client = connect(`mqtt://127.0.0.1:${process.argv[2]}`, { protocolVersion: 4, reconnectPeriod: 0 });
client.on('message', (_topic, payload) => {
  const at = process.hrtime.bigint();
  const { event_type: type, incident, mac, port } = JSON.parse(payload.toString());
  if (typeof type === 'string' && type.endsWith('_started')) process.stdout.write(`${at} ${mac} ${port} ${incident}\n`);
});
client.on('connect', async () => {
  client.stream.setNoDelay(true);
  await client.subscribeAsync('thingwatch/+/alert', { qos: 1 });
  process.stdout.write('ready\n');
});
