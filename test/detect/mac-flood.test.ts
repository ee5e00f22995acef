// Made-up MAC addresses: one incident of their own, while what is known stays known and is told of at once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishSource } from '../../sensor/main/publish-source.ts';
import { matters } from '../../sensor/publish/verdict.ts';
import { dhcpAck, dhcpRequest, madeUp, madeUpHost, mail, tlsHello, visit } from '../support/name-frames.ts';
import { type CapturedFrame, type Endpoint, ethernet, ipv4, tcp, tcpConversation } from '../support/packet-builder.ts';
import { quietHealth } from '../support/sample-home.ts';
import {
  CAMERA,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const FLOOD = START + HOUR;
const MANY = 20_000;
const SOME = 4000;

function segment(
  client: Endpoint,
  server: Endpoint,
  flags: string,
  time: number,
  payload: Buffer = Buffer.alloc(0),
): CapturedFrame {
  const ports = { sourcePort: client.port, destinationPort: server.port };
  const packet = ipv4({ source: client.ip, destination: server.ip }, tcp({ ...ports, sequence: 1000, flags }, payload));
  return { time, data: ethernet({ source: client.mac, destination: server.mac }, packet) };
}

/** A SYN from each made-up address, `gap` ms apart. */
function flood(
  options: { from?: number; count?: number; port?: number; gap?: number; ip?: string; time?: number } = {},
): CapturedFrame[] {
  const { count = SOME, gap = 1, port = 443, time = FLOOD, ...rest } = options;
  return madeUp(count, port, time, { gap, ...rest });
}

/** A camera with a lease and a TLS connection, an hour before the flood. */
function known(stage = new Stage({ recorded: true })): Stage {
  return stage.play(
    dhcpAck(CAMERA, START),
    visit(CAMERA, '203.0.113.80', START + SECOND, { host: 'api.vendor.example' }),
  );
}

function send(stage: Stage, frames: Iterable<CapturedFrame>): Stage {
  for (const frame of frames) stage.send(frame);
  return stage;
}

const told = (stage: Stage) => stage.alerts.map(({ change, device, kind }) => `${change} ${kind} ${device ?? 'home'}`);
const macs = (stage: Stage) => stage.devices().map(({ mac }) => mac);

describe('twenty thousand addresses', () => {
  for (const port of [443, 25]) {
    it(`with a SYN to port ${port} each are one incident and one alert, and push nothing out`, () => {
      const stage = send(known(), flood({ count: MANY, port }));
      expect(stage.alerts.filter(({ kind }) => kind === 'mail_started')).toEqual([]);
      const end = FLOOD + MANY;
      stage.play(mail(CAMERA, MAIL_SERVER, end));
      // At once: without another frame or tick.
      expect(told(stage)).toEqual(['opened mac_flood home', `opened mail_started ${CAMERA.mac}`]);
      stage.finish();
      expect(stage.incidents('mail_started')).toMatchObject([{ device: CAMERA.mac, evidence: { attempts: 1 } }]);
      expect(stage.incident('mac_flood')).toMatchObject({
        device: null,
        severity: 'high',
        findings: 1,
        evidence: { addresses: MANY, connections: MANY, mailAttempts: port === 25 ? MANY : 0 },
      });
      expect(stage.incident('mac_flood').summary).toContain(`makes up MAC addresses: ${MANY} so far`);
      expect(macs(stage)).toEqual([GATEWAY.mac, CAMERA.mac]);
    });
  }

  it('half of which no interface can have are one flood as well, and nothing is told of nobody', () => {
    const stage = known();
    for (let i = 0; i < 4000; i++) {
      const mac = `${i % 2 === 0 ? '03' : '02'}:${madeUpHost(i).mac.slice(3)}`;
      const client = { mac, ip: `192.168.${2 + (i >> 8)}.${i & 255}`, port: 40_000 };
      stage.send(segment(client, outside(MAIL_SERVER, 25), 'S', FLOOD + i));
    }
    stage.play(mail(CAMERA, MAIL_SERVER, FLOOD + 5000)).finish();
    expect(told(stage)).toEqual(['opened mac_flood home', `opened mail_started ${CAMERA.mac}`]);
    expect(stage.incident('mac_flood').evidence).toMatchObject({
      addresses: 4000,
      connections: 4000,
      mailAttempts: 4000,
    });
  });

  it('slowly, one a second, as well', () => {
    const stage = send(known(), flood({ count: 2000, gap: SECOND, port: 25 }));
    stage.play(mail(CAMERA, MAIL_SERVER, FLOOD + 2000 * SECOND)).finish();
    expect(stage.incidents('mail_started')).toMatchObject([{ device: CAMERA.mac }]);
    expect(stage.incident('mac_flood').evidence).toMatchObject({ addresses: 2000, mailAttempts: 2000 });
    expect(told(stage).filter((line) => line.includes('mac_flood'))).toHaveLength(1);
    expect(macs(stage)).toEqual([GATEWAY.mac, CAMERA.mac]);
  });

  it('with names, hellos and leases of their own are made up all the same', () => {
    const stage = known();
    for (let i = 0; i < 2000; i++) {
      const time = FLOOD + i * 20;
      const thing = madeUpHost(i);
      const client = { ...thing, port: 40_000 };
      const server = outside('198.51.100.7', 443);
      stage.send(dhcpRequest(thing.mac, [[12, `thing-${i}`]], time));
      stage.send(segment(client, server, 'S', time + 1));
      stage.send(segment(client, server, 'PA', time + 2, tlsHello(`host${i}.example.net`)));
      stage.send(segment({ ...client, port: 40_001 }, outside(MAIL_SERVER, 25), 'S', time + 3));
    }
    stage.play(mail(CAMERA, MAIL_SERVER, FLOOD + MINUTE)).finish();
    expect(stage.incidents('mail_started')).toMatchObject([{ device: CAMERA.mac }]);
    expect(stage.incident('mac_flood').evidence).toMatchObject({ addresses: 2000, mailAttempts: 2000 });
    expect(macs(stage)).toEqual([GATEWAY.mac, CAMERA.mac]);
  });

  it("that bear the camera's own IP address take nothing from it, and that is said", () => {
    const stage = send(known(), flood({ port: 25, ip: CAMERA.ip }));
    stage.play(mail(CAMERA, MAIL_SERVER, FLOOD + SOME)).finish();
    expect(stage.incidents('mail_started')).toMatchObject([{ device: CAMERA.mac, evidence: { attempts: 1 } }]);
    expect(stage.incident('mac_flood').evidence).toMatchObject({ bearers: [CAMERA.mac] });
    expect(stage.device(CAMERA).addresses).toMatchObject([{ ip: CAMERA.ip }]);
  });

  it('where the mirror shows one way only', () => {
    const hello = segment(
      { ...CAMERA, port: 40_000 },
      outside('203.0.113.80', 443),
      'PA',
      START + SECOND,
      tlsHello('api.vendor.example'),
    );
    const stage = send(new Stage({ recorded: true }).play(hello), flood({ port: 25 }));
    stage.play(mail(CAMERA, MAIL_SERVER, FLOOD + SOME)).finish();
    expect(stage.incidents('mail_started')).toMatchObject([{ device: CAMERA.mac }]);
    expect(stage.incidents('mac_flood')).toHaveLength(1);
  });
});

it('no policy of Home Assistant shows one that is made up, not even before the flood is seen as one', () => {
  const stage = known();
  const shown = () => {
    const source = publishSource(stage.spine, {
      health: () => quietHealth(START),
      sensorMac: null,
      weeks: () => [],
      pageUrl: () => null,
      holdMs: 0,
    });
    return source.devices().filter((device) => matters(device, 'all'));
  };
  let frames = 0;
  for (const frame of flood({ count: 1000, port: 25 })) {
    stage.send(frame);
    if (frames++ % 5 === 0) expect(shown().map(({ mac }) => mac)).toEqual([GATEWAY.mac, CAMERA.mac]);
  }
});

describe('live, where a first attempt is told at once', () => {
  const live = () => known(new Stage());

  it('a burst is one alert all the same', () => {
    const stage = send(live(), flood({ port: 25 }));
    stage.play(mail(CAMERA, MAIL_SERVER, FLOOD + SOME));
    expect(told(stage)).toEqual(['opened mac_flood home', `opened mail_started ${CAMERA.mac}`]);
  });

  it('a slow flood is told of as what it seems to be, up to a bound, and becomes one incident', () => {
    const stage = send(live(), flood({ port: 25, count: 2000, gap: 50 }));
    const alerts = told(stage);
    expect(alerts).toHaveLength(200);
    expect(alerts.at(-1)).toBe('opened mac_flood home');
    expect(stage.finish().incidents).toMatchObject([{ kind: 'mac_flood', evidence: { mailAttempts: 2000 } }]);
    expect(macs(stage)).toEqual([GATEWAY.mac, CAMERA.mac]);
  });

  it('a new thing is told within a hundredth of a second, also where others came a little before', () => {
    const stage = send(live(), flood({ port: 25, count: 100, gap: 40 }));
    stage.wait(FLOOD + 99 * 40 + 10);
    expect(stage.incidents('mail_started')).toHaveLength(100);
  });

  it('a pause in a stream ends every wait', () => {
    const stage = known().play(mail(FRIDGE, MAIL_SERVER, FLOOD));
    expect(told(stage)).toEqual([]);
    stage.spine.engine.idle();
    expect(told(stage)).toEqual([`opened mail_started ${FRIDGE.mac}`]);
  });
});

describe('what is real', () => {
  it('fifty things that mail for the first time, a second apart, and that nobody answers', () => {
    for (const recorded of [true, false]) {
      const stage = send(known(new Stage({ recorded })), flood({ port: 25, count: 50, gap: SECOND }));
      stage.finish();
      expect(stage.incidents('mail_started')).toHaveLength(50);
      expect(stage.alerts).toHaveLength(50);
    }
  });

  it('a thing that came before the flood and mails is told before it', () => {
    const stage = known().play(mail(FRIDGE, MAIL_SERVER, FLOOD - MINUTE));
    send(stage, flood({ port: 25 }));
    expect(told(stage)).toEqual([`opened mail_started ${FRIDGE.mac}`, 'opened mac_flood home']);
  });

  it('a new thing whose mail is answered is told under its MAC, in the middle of the flood', () => {
    const stage = send(known(), flood({ count: 1000 }));
    stage.play(mail(FRIDGE, MAIL_SERVER, FLOOD + 1000, { outcome: 'connected' }));
    send(stage, flood({ from: 1000, count: 1000, time: FLOOD + 2000 }));
    stage.finish();
    expect(stage.incident('mail_started')).toMatchObject({
      device: FRIDGE.mac,
      evidence: { attempts: 1, connected: 1 },
    });
    expect(stage.incident('mac_flood').evidence.addresses).toBe(2000);
  });

  it('a new thing alone waits for a moment; an answer ends that, and nothing is lost of it', () => {
    const stage = known();
    const [syn, ...rest] = mail(FRIDGE, MAIL_SERVER, FLOOD, { outcome: 'connected' });
    if (syn === undefined) throw new Error('no SYN');
    stage.send(syn);
    expect(told(stage)).toEqual([]);
    stage.play(rest);
    expect(told(stage)).toEqual([`opened mail_started ${FRIDGE.mac}`, `escalated mail_started ${FRIDGE.mac}`]);
    expect(stage.incident('mail_started')).toMatchObject({
      startedAt: new Date(FLOOD).toISOString(),
      evidence: { attempts: 1, connected: 1 },
    });
    const kept = stage.spine.recorder.framesOf(stage.incident('mail_started').id);
    expect(kept[0]?.time).toBe(FLOOD);
    stage.play(mail(TELEVISION, MAIL_SERVER, FLOOD + HOUR)).wait(FLOOD + HOUR + 2 * SECOND);
    expect(told(stage)).toContain(`opened mail_started ${TELEVISION.mac}`);
    const ofTelevision = stage.incidents('mail_started').find(({ device }) => device === TELEVISION.mac);
    stage.play(mail(CAMERA, MAIL_SERVER, FLOOD + 2 * HOUR));
    expect(stage.spine.recorder.framesOf(ofTelevision?.id ?? '').map(({ time }) => time)).toEqual([FLOOD + HOUR]);
  });

  it('forty guests who arrive together and are answered are no flood', () => {
    const stage = known();
    for (let i = 0; i < 40; i++) {
      const guest = { mac: madeUpHost(i).mac, ip: `192.168.1.${100 + i}` };
      stage.play(
        dhcpAck(guest, FLOOD + i * 100),
        visit(guest, '203.0.113.80', FLOOD + i * 100 + 50, { host: 'www.example.net' }),
      );
    }
    expect(stage.finish().incidents.filter(({ kind }) => kind === 'mac_flood')).toEqual([]);
    expect(stage.devices()).toHaveLength(42);
  });

  it('things with names of their own that join a slow flood stay what they are, though nobody answers them', () => {
    const stage = known();
    const guest = (i: number) => ({ mac: `d6:0a:00:00:00:${(16 + i).toString(16)}`, ip: `192.168.1.${60 + i}` });
    const guests = Array.from({ length: 40 }, (_, i) => [
      dhcpRequest(guest(i).mac, [[12, `guest-${i}`]], FLOOD + i * 5 * SECOND),
      segment({ ...guest(i), port: 40_000 }, outside('203.0.113.80', 443), 'S', FLOOD + i * 5 * SECOND + 1),
    ]);
    stage.play(...guests, [...flood({ port: 443, count: 400, gap: 2 * SECOND })]).finish();
    expect(stage.incidents('mac_flood')).toHaveLength(1);
    expect(stage.devices().filter(({ mac }) => mac.startsWith('d6:0a')).length).toBe(40);
  });

  it('once it is over, a new thing counts again', () => {
    const stage = send(known(), flood({ count: 1000, port: 25 }));
    stage.wait(FLOOD + HOUR);
    stage.play(mail(FRIDGE, MAIL_SERVER, FLOOD + HOUR)).wait(FLOOD + HOUR + MINUTE);
    expect(stage.incident('mail_started').device).toBe(FRIDGE.mac);
  });
});

describe('frames whose source address no interface has', () => {
  for (const mac of ['01:00:5e:00:00:01', '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '03:11:22:33:44:55']) {
    it(`${mac}: the mail is of the device that holds the IP address`, () => {
      const stage = known().play(mail({ mac, ip: CAMERA.ip }, MAIL_SERVER, FLOOD));
      expect(stage.incident('mail_started')).toMatchObject({
        device: CAMERA.mac,
        evidence: { attempts: 1, forgedMac: mac },
      });
      expect(stage.incident('mail_started').summary).toContain('MAC address forged');
      expect(macs(stage)).toEqual([GATEWAY.mac, CAMERA.mac]);
    });
  }

  it('both ends without an address are a loopback interface, where nothing is forged', () => {
    const nobody = '00:00:00:00:00:00';
    const server = { mac: nobody, ip: MAIL_SERVER, port: 25 };
    const client = { mac: nobody, ip: '192.168.1.9', port: 40_000 };
    const stage = new Stage().play(tcpConversation({ client, server, time: START, outcome: 'unanswered' }));
    expect(stage.incident('mail_started').device).toBe(nobody);
    expect(stage.incident('mail_started').evidence).not.toHaveProperty('forgedMac');
  });

  it('nobody holds it: an incident of no device', () => {
    const stage = known().play(mail({ mac: '01:00:5e:00:00:01', ip: '192.168.1.200' }, MAIL_SERVER, FLOOD));
    expect(stage.finish().incidents).toMatchObject([{ kind: 'mail_started', device: null, evidence: { attempts: 1 } }]);
  });
});

describe('over a restart', () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-flood-'));
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  it('the flood stays one incident with one alert and exact counts, and no made-up device is stored', () => {
    const first = send(known(new Stage({ recorded: true, stateDir })), flood({ count: 5000, port: 25 }));
    first.spine.close();
    const again = new Stage({ recorded: true, stateDir });
    expect(macs(again)).toEqual([GATEWAY.mac, CAMERA.mac]);
    send(again, flood({ from: 5000, count: 5000, port: 25, time: FLOOD + MINUTE }));
    again.play(mail(CAMERA, MAIL_SERVER, FLOOD + 2 * MINUTE)).finish();
    expect(told(again)).toEqual([`opened mail_started ${CAMERA.mac}`]);
    expect(again.incident('mac_flood').evidence).toMatchObject({ addresses: 10_000, mailAttempts: 10_000 });
    again.spine.close();
  });
});

it('10,000 SYNs to 500 servers in ten minutes beside the flood: one alert, at most six updates, exact totals', () => {
  const stage = known();
  const spacing = (10 * MINUTE) / 10_000;
  for (let i = 0; i < 10_000; i++) {
    const time = FLOOD + i * spacing;
    send(stage, flood({ from: 2 * i, count: 2, port: 25, time }));
    const server = outside(`203.0.${i % 2}.${1 + Math.floor((i % 500) / 2)}`, 25);
    const client = { ...CAMERA, port: 10_000 + i };
    const syn = tcpConversation({ client, server, time: time + 5, isn: i * 1009, outcome: 'unanswered' })[0];
    if (syn !== undefined) stage.send(syn);
  }
  stage.finish();
  const ofCamera = told(stage).filter((line) => line.endsWith(CAMERA.mac));
  expect(ofCamera[0]).toBe(`opened mail_started ${CAMERA.mac}`);
  expect(ofCamera.length - 1).toBeLessThanOrEqual(6);
  expect(told(stage).filter((line) => !line.endsWith(CAMERA.mac))).toEqual(['opened mac_flood home']);
  expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 10_000, servers: 500, unanswered: 10_000 });
  expect(stage.incident('mac_flood').evidence).toMatchObject({ addresses: MANY, mailAttempts: MANY });
});
