// MQTT from both ends: orders as they come from a broker, octets that strangers send to the embedded broker, and what a hostile
// broker answers to the sensor's own client. The last two over real sockets on loopback.
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../../sensor/log.ts';
import { startBroker } from '../../../sensor/publish/broker.ts';
import { Link } from '../../../sensor/publish/link.ts';
import { Orders } from '../../../sensor/publish/orders.ts';
import { createTopics } from '../../../sensor/publish/topics.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { aDevice, SmallHome } from '../../support/small-home.ts';
import { cutUp, joinPieces, splitPieces } from '../pieces.ts';
import { mustHold, type Target } from '../target.ts';

const CAMERA = 'a4:cf:12:99:be:ef';
const topics = createTopics({ baseTopic: 'thingwatch', sensorId: 'b827eb5512aa', discoveryPrefix: 'homeassistant' });
const text = (words: string) => Buffer.from(words, 'latin1');

const orders: Target = {
  inPieces: true,
  longest: 2048,
  /** Pieces in turn: a topic, a payload. The payload's kind says whether it was retained. */
  run(input) {
    const source = new SmallHome(topics);
    source.add(aDevice(CAMERA, 'Camera'));
    const logged: string[] = [];
    const say = (line: string) => void logged.push(line);
    let done = 0;
    const made = new Orders({
      topics,
      source,
      run: (command) => {
        source.commands.push(command);
        return { ok: true, changed: true };
      },
      timers: new FakeTimers(),
      log: { ...silentLog, info: say, warn: say },
      onDone: () => done++,
    });
    const pieces = splitPieces(input);
    for (let i = 0; i + 1 < pieces.length; i += 2) {
      const [topic, payload] = [pieces[i], pieces[i + 1]];
      if (topic === undefined || payload === undefined) break;
      made.handle({ topic: topic.bytes.toString('utf8'), payload: payload.bytes, retained: (payload.kind & 1) === 1 });
    }
    for (const command of source.commands) {
      mustHold(
        ['acknowledge_all', 'acknowledge_device', 'allow_mail'].includes(command.type),
        `an order made ${command.type}`,
      );
      if ('device' in command) mustHold(command.device === CAMERA, 'an order for a device that is not there');
    }
    mustHold(done <= pieces.length && logged.every((line) => line.length < 100), 'an order was echoed');
  },
  seeds: () =>
    [
      [topics.acknowledgeAll, 'PRESS'],
      [topics.acknowledge(CAMERA), 'PRESS'],
      [topics.allowMail(CAMERA), 'ON'],
      [topics.allowMail(CAMERA), 'OFF'],
      [topics.allowMail('00:00:00:00:00:01'), 'ON'],
    ].map((words) => joinPieces(words.map((word) => ({ kind: 0, bytes: text(word) })))),
};

const packet = (type: number, ...parts: (string | number)[]) => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : text(part))));
  return Buffer.concat([Buffer.from([type, body.length]), body]);
};
const field = (words: string) => `${String.fromCharCode(words.length >> 8, words.length & 0xff)}${words}`;
const CONNECTS = [
  packet(0x10, field('MQTT'), 4, 2, 0, 60, field('stranger')),
  packet(0x10, field('MQTT'), 5, 2, 0, 60, 0, field('stranger')),
  packet(0x10, field('MQTT'), 4, 0xee, 0, 60, field('s'), field('will'), field('x'), field('user'), field('secret')),
];
const TALK = [
  packet(0x82, 0, 1, field('thingwatch/#'), 1),
  packet(0x30, field('thingwatch/a'), 'hello'),
  packet(0x33, field('thingwatch/r'), 0, 2, 'kept'),
  packet(0x36, field('thingwatch/q'), 0, 3, 'twice'),
  packet(0x62, 0, 3),
  packet(0xa2, 0, 4, field('thingwatch/#')),
  packet(0xc0),
  packet(0xe0),
];

async function guard(): Promise<Target> {
  const broker = await startBroker({ listen: '127.0.0.1:0', log: silentLog });
  let calls = 0;
  return {
    inPieces: true,
    longest: 4096,
    async run(input) {
      await talkedTo(
        broker.port,
        splitPieces(input).map(({ bytes }) => bytes),
      );
      // An honest client is served as before.
      if (calls++ % 64 !== 0) return;
      const answer = await talkedTo(broker.port, [
        packet(0x10, field('MQTT'), 4, 2, 0, 60, field(`honest${calls}`)),
        packet(0xe0),
      ]);
      mustHold(answer.subarray(0, 4).equals(Buffer.from([0x20, 2, 0, 0])), 'an honest client is refused');
    },
    seeds: () => CONNECTS.map((hello) => joinPieces([hello, ...TALK].flatMap((bytes) => cutUp(bytes, 0, 9)))),
    close: () => broker.close(),
  };
}

/** Says all of it and hangs up; what was answered. */
function talkedTo(port: number, pieces: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve) => {
    const answer: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.on('data', (bytes) => answer.push(bytes));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(answer)));
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });
}

const CONNACK = packet(0x20, 0, 0, 0);
const ANSWERS = [
  [CONNACK, packet(0x90, 0, 1, 1), packet(0x31, field(topics.acknowledgeAll), 0, 'PRESS'), packet(0xd0)],
  [packet(0x20, 0, 0, 3, 0x21, 0, 9), packet(0x40, 0, 1), packet(0x40, 0, 2, 0x97, 0)],
  [packet(0x20, 0, 0x87, 0)],
  [packet(0x20, 0, 1)],
];

/** Answers the sensor's client with the pieces, each once something has come from it. */
async function client(): Promise<Target> {
  let pieces: Buffer[] = [];
  let ended: () => void = () => {};
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.on('close', () => ended());
    socket.once('data', () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    inPieces: true,
    longest: 4096,
    async run(input) {
      pieces = splitPieces(input).map(({ bytes }) => bytes);
      const over = new Promise<void>((resolve) => {
        ended = resolve;
      });
      const link = new Link({
        access: { url: `mqtt://127.0.0.1:${port}`, clientId: 'thingwatch' },
        will: { topic: topics.status, payload: 'offline' },
        timers: new FakeTimers(),
        random: () => 0.5,
        log: silentLog,
        onOpen(session) {
          session.subscribe(
            topics.orders.map((topic) => ({
              topic,
              qos: 1,
              noLocal: false,
              retainAsPublished: false,
              withRetained: true,
            })),
          );
          session.publish(topics.status, 'online', true, () => {});
        },
        onClose() {},
        onMessage: ({ topic }) => mustHold(typeof topic === 'string', 'a message without a topic'),
      });
      link.start();
      await Promise.race([over, sleep(2000, undefined, { ref: false })]);
      const stopping = link.stop();
      await Promise.race([stopping, sleep(50, undefined, { ref: false })]);
    },
    seeds: () => ANSWERS.map((answers) => joinPieces(answers.map((bytes) => ({ kind: 0, bytes })))),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export const MQTT: Readonly<Record<string, () => Target | Promise<Target>>> = {
  orders: () => orders,
  'mqtt-guard': guard,
  'mqtt-client': client,
};
