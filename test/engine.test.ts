// Packet time, and what a flood of made-up names, addresses and devices does to the engine's tables and memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { datagram, dhcpRequest, dnsAnswer, mail, tlsHello, visit } from './support/name-frames.ts';
import { type CapturedFrame, ethernet, ipv4, tcp } from './support/packet-builder.ts';
import { CAMERA, DAY, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from './support/stage.ts';

test('frames in slight disorder are taken at the time already reached', () => {
  const stage = new Stage();
  stage.play(dhcpRequest(FRIDGE.mac, [], START));
  for (const frame of mail(CAMERA, MAIL_SERVER, START - 10 * SECOND)) stage.send(frame);
  expect(stage.incident('mail_started').startedAt).toBe(new Date(START).toISOString());
});

test('one frame with a damaged time stamp does not stop the clock', () => {
  const stage = new Stage();
  stage.play(dhcpRequest(FRIDGE.mac, [], START));
  stage.send(dhcpRequest(FRIDGE.mac, [], START + 3650 * DAY));
  for (let i = 0; i < 10; i++) stage.send(dhcpRequest(FRIDGE.mac, [[12, `${i}`]], START + i * SECOND));
  stage.play(mail(CAMERA, MAIL_SERVER, START + MINUTE)).wait(START + 2 * MINUTE);
  expect(stage.incident('mail_started').startedAt).toBe(new Date(START + MINUTE).toISOString());
});

test('a clock that is set back by an hour is followed; what waited for an answer is settled and can still be answered', () => {
  const stage = new Stage();
  const [syn, answer] = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected' });
  if (!syn || !answer) throw new Error('no handshake');
  stage.send(syn);
  for (let i = 0; i < 10; i++) stage.send(dhcpRequest(FRIDGE.mac, [[12, `${i}`]], START - HOUR + i * SECOND));
  expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 1, unanswered: 1 });
  stage.send({ ...answer, time: START - HOUR + 20 * SECOND });
  expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 1, unanswered: 0, connected: 1 });
  expect(stage.spine.engine.now).toBe(START - HOUR + 20 * SECOND);
});

test('an idle QUIC-like silence ends nothing of TCP: volumes come with the FIN, hours later', () => {
  const stage = new Stage();
  const frames = visit(CAMERA, '198.51.100.9', START, { host: 'api.vendor.example', down: 2800 });
  const close = frames.slice(-3).map((frame) => ({ ...frame, time: frame.time + 5 * HOUR }));
  stage.play(frames.slice(0, -3), close);
  expect(stage.device(CAMERA).backends).toMatchObject([{ connections: 1, bytesDown: 2800 }]);
});

test('a frame that the capture cut counts as truncated once, also where the cut hides nothing that is read', () => {
  const stage = new Stage();
  const dialogue = ['S: 220 hello', 'C: EHLO x', 'S: 250 ok'];
  const frames = mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue });
  const SNAPPED = 56;
  for (const { data, time } of frames)
    stage.send({ time, data: data.subarray(0, SNAPPED), originalLength: data.length });
  const cut = frames.filter(({ data }) => data.length > SNAPPED);
  expect(cut.length).toBeGreaterThan(3);
  expect(stage.spine.engine.counters.total('truncated')).toBe(cut.length);
  expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 1, connected: 1 });
});

/** Made-up traffic: pseudo-random, the same on every run. */
class Flood {
  #state = 1;
  #count = 0;

  next(): CapturedFrame {
    const i = this.#count++;
    const time = START + i;
    switch (i % 5) {
      case 0: {
        const answer = dnsAnswer(`h${this.#random()}.d${this.#random()}.example`, [this.#address()]);
        return datagram({ mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 }, { ...CAMERA, port: 40_000 }, answer, time);
      }
      case 1:
        return this.#segment(this.#mac(), this.#random() & 1 ? 25 : 443, 'S', Buffer.alloc(0), time);
      case 2:
        return this.#segment(CAMERA.mac, 443, 'PA', tlsHello(`h${this.#random()}.x${this.#random()}.example`), time);
      case 3:
        return dhcpRequest(this.#mac(), [[12, `host-${this.#random()}`]], time);
      default:
        return this.#segment(CAMERA.mac, this.#random() & 1 ? 25 : 8443, 'S', Buffer.alloc(0), time);
    }
  }

  #segment(mac: string, destinationPort: number, flags: string, payload: Buffer, time: number): CapturedFrame {
    const sourcePort = 1024 + (this.#random() % 60_000);
    const upper = tcp({ sourcePort, destinationPort, sequence: this.#random(), flags }, payload);
    const source = `10.${this.#random() & 255}.${this.#random() & 255}.9`;
    return {
      time,
      data: ethernet({ source: mac, destination: GATEWAY.mac }, ipv4({ source, destination: this.#address() }, upper)),
    };
  }

  #address(): string {
    return `203.${this.#random() & 127}.${this.#random() & 255}.${this.#random() & 255}`;
  }

  #mac(): string {
    return `02:${[0, 1, 2, 3, 4].map(() => (this.#random() & 255).toString(16).padStart(2, '0')).join(':')}`;
  }

  /** xorshift (Marsaglia 2003), 32 bits. */
  #random(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }
}

test('under a flood of made-up names, addresses and devices the heap levels off and the tables keep to their bounds', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const stage = new Stage({ detect: { learning_days: 0 } });
  const flood = new Flood();
  const heap: number[] = [];
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 24_000; i++) stage.send(flood.next());
    stage.spine.recorder.flushAll();
    collect();
    heap.push(process.memoryUsage().heapUsed / 1e6);
  }
  const { devices, stats } = stage.spine.engine;
  const camera = devices.get(CAMERA.mac);
  expect(stats.packets).toBe(120_000);
  expect(devices.size).toBeLessThanOrEqual(2048 + 512);
  expect(camera?.backends.size).toBeLessThanOrEqual(256);
  expect(camera?.mail.destinations.size).toBeLessThanOrEqual(512);
  expect(camera?.leases.length).toBeLessThanOrEqual(96);
  expect(camera?.timeline.length).toBeLessThanOrEqual(256);
  // Each of 2048 devices has at most one mail incident, one of new names, one of unnamed addresses; the rest share one.
  expect(stage.spine.recorder.incidents.all().length).toBeLessThanOrEqual(3 * 2048 + 3);
  // Another 48,000 frames add next to nothing to what 72,000 left.
  expect((heap.at(-1) ?? 0) - (heap[2] ?? 0)).toBeLessThan(20);
}, 300_000);
