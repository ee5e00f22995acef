// Mail of every kind in the tests, full of addresses, subjects and texts, through the built program: none of it is in the
// database, on MQTT, in the log, on the page or in the exported evidence.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DIALOGUES, type Said, SECRET, secretsIn } from '../support/dialogues.ts';
import { dhcpAck, dhcpRequest } from '../support/name-frames.ts';
import { type CapturedFrame, tcpConversation } from '../support/packet-builder.ts';
import { aedesBroker, type TestBroker } from '../support/publisher-lab.ts';
import { at, CAMERA, FRIDGE, MAIL_SERVER, MINUTE, outside, START, TELEVISION } from '../support/stage.ts';
import { Transcript } from '../support/transcript.ts';
import { mqttFor, PipedSensor } from './piped-sensor.ts';
import { ensureBuilt, eventually, type PairedPage, Program, scratch } from './program.ts';

const { path, remove } = scratch();
let broker: TestBroker;
let ear: Transcript;
const outputs = new Map<string, Buffer>();
const keep = (what: string, content: unknown) =>
  outputs.set(what, Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)));

beforeAll(async () => {
  await ensureBuilt();
  broker = await aedesBroker();
  ear = await Transcript.listen(broker.url, broker.login);
  const sensor = new PipedSensor({
    config: path('config.yaml'),
    state: path('state'),
    mqtt: mqttFor(broker, null),
    homeassistant: { devices: 'all' },
  });
  try {
    const page = await sensor.page();
    sensor.feed(...traffic());
    const ids = await allSeen(page);
    keep('devices', await page.get('/api/devices'));
    keep('health', await page.health());
    keep('incidents', await page.incidents());
    for (const id of ids) keep(`incident ${id}`, await page.get(`/api/incidents/${id}`));
    for (const id of ids) await exported(id);
    await eventually(() => (ear.messages.some(({ payload }) => payload.includes('mail_started')) ? true : null));
    await ear.settled();
  } finally {
    const { stderr, stdout } = await sensor.program.stop();
    keep('log', stdout + stderr);
  }
  await ear.settled();
  keep('MQTT', ear.messages);
  for (const entry of readdirSync(path('state'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) outputs.set(entry.name, readFileSync(join(entry.parentPath, entry.name)));
  }
}, 60_000);
afterAll(async () => {
  await ear?.close();
  await broker?.remove();
  remove();
});

/** Each dialogue on port 25, on a port of no meaning, without its beginning, and with a frame missing. */
function traffic(): CapturedFrame[] {
  const all = Object.values(DIALOGUES);
  const frames = all.flatMap((dialogue, n) => {
    const talk = (host: typeof CAMERA, port: number, minute: number) =>
      tcpConversation({
        client: at(host, host.ip, 40_000 + n),
        server: outside(MAIL_SERVER, port),
        time: START + (n * 4 + minute) * MINUTE,
        outcome: 'connected',
        dialogue: dialogue.map(([from, text]: Said) => ({ from, bytes: Buffer.from(text, 'latin1') })),
      });
    const cut = talk(TELEVISION, 25, 3);
    return [
      ...talk(CAMERA, 25, 0),
      ...talk(FRIDGE, 2526, 1),
      ...talk(TELEVISION, 587, 2).slice(5),
      ...cut.filter((_, index) => index !== 7 && index !== 12),
    ];
  });
  return [
    dhcpRequest(CAMERA.mac, [[12, 'hallway-camera']], START - 100),
    dhcpAck(CAMERA, START - 90),
    ...frames,
  ].toSorted((a, b) => a.time - b.time);
}

/** The ids of the incidents, once the last connection has been counted. */
function allSeen(page: PairedPage): Promise<string[]> {
  return eventually(async () => {
    const incidents = await page.incidents();
    const attempts = incidents.filter(({ device }) => device === CAMERA.mac).map(({ evidence }) => evidence.attempts);
    return attempts.includes(Object.keys(DIALOGUES).length) ? incidents.map(({ id }) => id) : null;
  });
}

async function exported(id: string): Promise<void> {
  const [pcap, text] = [path(`${id}.pcap`), path(`${id}.txt`)];
  const { code, stderr } = await Program.run([
    'evidence',
    '--state',
    path('state'),
    id,
    '--pcap',
    pcap,
    '--text',
    text,
  ]);
  // An incident of no frames has a report only, and that is said.
  if (code !== 0) throw new Error(stderr);
  outputs.set(`${id}.pcap`, readFileSync(pcap));
  outputs.set(`${id}.txt`, readFileSync(text));
}

it('the program has seen all that mail, and kept and told of it', () => {
  const incidents = outputs.get('incidents')?.toString() ?? '';
  for (const { mac } of [CAMERA, FRIDGE, TELEVISION]) expect(incidents).toContain(mac);
  expect(outputs.get('MQTT')?.toString()).toContain('mail_started');
  const exportedFiles = [...outputs.keys()].filter((name) => /\.(?:pcap|txt)$/.test(name));
  expect(exportedFiles.length).toBeGreaterThanOrEqual(6);
  expect(outputs.get('thingwatch.db')?.length).toBeGreaterThan(10_000);
});

it('and no address, subject or text of it is anywhere', () => {
  const found = [...outputs].flatMap(([what, octets]) => secretsIn(octets).map((secret) => `${what}: ${secret}`));
  expect(found).toEqual([]);
});

it('what is looked for would be found, in whatever spelling', () => {
  const wire = Buffer.concat(traffic().map(({ data }) => data));
  expect(secretsIn(wire).length).toBeGreaterThan(1);
  expect(secretsIn(Buffer.from(`"${SECRET.toUpperCase()}"`))).not.toEqual([]);
});
