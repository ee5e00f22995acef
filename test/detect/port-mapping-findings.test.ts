// What is said of each mapping, whole; which request and which answer is about which; and when one is over.
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Device } from '../../sensor/attribute/device.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import { PortMappingDetector } from '../../sensor/detect/port-mappings.ts';
import { ipBytes, u16, u32 } from '../../sensor/self-test/frames/link-layers.ts';
import { datagram } from '../support/name-frames.ts';
import { natPmp, natPmpAddress, natPmpAnswer, pcp } from '../support/packet-builder.ts';
import { packetOf } from '../support/packet-of.ts';
import { at, CAMERA, DAY, FRIDGE, GATEWAY, HOUR, MINUTE, SECOND, START } from '../support/stage.ts';
import { type Around, connectionBetween, deviceIn, remembering, surroundings, take } from '../support/surroundings.ts';

let around: Around;
let detector: PortMappingDetector;
let camera: Device;
let router: Device;

beforeEach(() => {
  around = surroundings();
  detector = new PortMappingDetector(around);
  camera = deviceIn(around, CAMERA);
  router = deviceIn(around, GATEWAY);
});

const PUBLIC = '198.51.100.9';

interface Asked {
  action?: string;
  fields?: Record<string, string | number>;
  /** What the router answers, as SOAP elements; null where that is not seen. */
  answer?: string | null;
  device?: Device;
}

const MAPPING = {
  NewExternalPort: 8080,
  NewProtocol: 'TCP',
  NewInternalPort: 80,
  NewInternalClient: CAMERA.ip,
  NewEnabled: 1,
  NewPortMappingDescription: 'video',
  NewLeaseDuration: 3600,
};
const soap = (body: string) => `<s:Envelope><s:Body>${body}</s:Body></s:Envelope>`;
const request = (action: string, fields: Record<string, string | number>, path = '/ctl') => {
  const inner = Object.entries(fields).map(([key, value]) => `<${key}>${value}</${key}>`);
  const body = soap(`<u:${action}>${inner.join('')}</u:${action}>`);
  return `POST ${path} HTTP/1.1\r\nContent-Length: ${body.length}\r\nSOAPAction: "urn:x:WANIPConnection:1#${action}"\r\n\r\n${body}`;
};
const reply = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${soap(body).length}\r\n\r\n${soap(body)}`;
const talk = () => connectionBetween(CAMERA, GATEWAY, 49_000, { way: 'local' });

function says(connection: ReturnType<typeof talk>, text: string, from: 'originator' | 'responder', time: number): void {
  const payload = Buffer.from(text);
  const ports = { sourcePort: 40_000, destinationPort: 49_000 };
  const tcp = { ...ports, sequence: 1, acknowledgement: 1, flags: 0x18, window: 1, payload };
  detector.segment(camera, connection, { ...tcp, payloadLength: payload.length }, from, time);
}

function upnp(time: number, { action = 'AddPortMapping', answer = null, fields = {} }: Asked = {}): Finding[] {
  const connection = talk();
  says(connection, request(action, { ...(action === 'AddPortMapping' ? MAPPING : {}), ...fields }), 'originator', time);
  if (answer !== null) says(connection, reply(answer), 'responder', time + 10);
  detector.ended(camera, connection, time + 20);
  return take(around);
}

function hears(frame: ReturnType<typeof natPmp>, from: Device = camera): Finding[] {
  const packet = packetOf(frame);
  if (packet.udp === null) throw new Error('no datagram');
  detector.datagram(from, packet, packet.udp, frame.time);
  return take(around);
}

/** The router's answer by PCP (RFC 6887, section 11.1). */
function pcpAnswer(
  result: number,
  [internal, external]: [number, number],
  time: number,
  protocol = 6,
  address = PUBLIC,
) {
  const payload = [
    Buffer.from([2, 129, 0, result]),
    u32(3600),
    u32(99),
    Buffer.alloc(12),
    Buffer.alloc(12, 7),
    Buffer.from([protocol, 0, 0, 0]),
    u16(internal, external),
    ipBytes(`::ffff:${address}`),
  ];
  return datagram(at(GATEWAY, GATEWAY.ip, 5351), at(CAMERA, CAMERA.ip, 40_100), Buffer.concat(payload), time);
}

const held = () => detector.memory.get(CAMERA.mac)?.held ?? [];
const ports = () => held().map(({ externalPort }) => externalPort);
const iso = (time: number) => new Date(time).toISOString();
const classes = (findings: Finding[]) => findings.map(({ effect, portClass }) => `${effect} ${portClass}`);

describe('a mapping by UPnP', () => {
  const mapping = {
    by: 'upnp',
    protocol: 'tcp',
    externalPort: 8080,
    internalPort: 80,
    internalClient: CAMERA.ip,
    lease: 3600,
    description: 'video',
  };
  const whole = {
    kind: 'port_mapping',
    severity: 'low',
    device: CAMERA.mac,
    portClass: 'tcp/8080',
    destination: null,
    first: {},
    add: {},
  };

  it('is told when it is asked for, when it is answered, renewed and deleted', () => {
    const until = iso(START + HOUR);
    expect(upnp(START, { answer: '<u:AddPortMappingResponse/>' })).toEqual([
      { ...whole, time: START, effect: 'opens', evidence: { mapping, until }, add: { mappings: 1 } },
      { ...whole, time: START + 10, effect: 'updates', evidence: { mapping, until, granted: true } },
    ]);
    expect(camera.timeline).toEqual([
      {
        time: START,
        kind: 'port_mapped',
        name: null,
        nameFrom: null,
        ip: null,
        role: null,
        detail: { externalPort: 8080, internalPort: 80, protocol: 'tcp', by: 'upnp' },
      },
    ]);
    detector.memory.takeChanged();
    const again = { ...mapping, lease: 7200 };
    expect(upnp(START + MINUTE, { fields: { NewLeaseDuration: 7200 } })).toEqual([
      {
        ...whole,
        time: START + MINUTE,
        effect: 'state',
        evidence: { mapping: again, until: iso(START + MINUTE + 2 * HOUR) },
      },
    ]);
    // It lasts longer over a restart, too.
    expect(detector.memory.takeChanged()).toEqual([
      { mac: CAMERA.mac, value: { held: [expect.objectContaining({ until: START + MINUTE + 2 * HOUR })] } },
    ]);
    const deleted = { NewExternalPort: 8080, NewProtocol: 'TCP' };
    expect(upnp(START + 2 * MINUTE, { action: 'DeletePortMapping', fields: deleted })).toEqual([
      {
        ...whole,
        time: START + 2 * MINUTE,
        effect: 'updates',
        closes: true,
        evidence: {
          mapping: again,
          until: iso(START + MINUTE + 2 * HOUR),
          closedAt: iso(START + 2 * MINUTE),
        },
      },
    ]);
    expect(held()).toEqual([]);
    expect(detector.memory.takeChanged()).toEqual([{ mac: CAMERA.mac, value: { held: [] } }]);
    expect(camera.timeline).toHaveLength(1);
  });

  it('without a lease is for good', () => {
    const [told] = upnp(START, { fields: { NewLeaseDuration: 0 } });
    expect(told?.evidence).toEqual({ mapping: { ...mapping, lease: 0 }, until: null });
    detector.tick(START + 400 * DAY);
    expect(take(around)).toEqual([]);
    const [other] = upnp(START, { fields: { NewLeaseDuration: '', NewExternalPort: 81, NewInternalPort: 81 } });
    expect(other?.evidence).toMatchObject({ mapping: { lease: 0 }, until: null });
  });

  it('that is refused is told with the code, and one that is granted later without', () => {
    const refused = upnp(START, { answer: '<s:Fault><errorCode>718</errorCode></s:Fault>' });
    expect(refused[1]?.evidence).toStrictEqual({
      mapping,
      until: iso(START + HOUR),
      granted: undefined,
      refusedWith: 718,
    });
    const granted = upnp(START + MINUTE, { answer: '<u:AddPortMappingResponse/>' });
    expect(granted[1]?.evidence).toMatchObject({ granted: true });
    expect(granted[1]?.evidence.refusedWith).toBeUndefined();
  });

  it('has the port that the router gives, not one that comes with a refusal', () => {
    const any = { action: 'AddAnyPortMapping', fields: MAPPING };
    const reserved = '<NewReservedPort>50123</NewReservedPort>';
    upnp(START, { ...any, answer: `<u:AddAnyPortMappingResponse>${reserved}</u:AddAnyPortMappingResponse>` });
    expect(ports()).toEqual([50_123]);
    upnp(START, {
      ...any,
      answer: `<s:Fault><errorCode>718</errorCode><NewReservedPort>7</NewReservedPort></s:Fault>`,
    });
    expect(ports()).toEqual([50_123, 8080]);
  });

  it.each([
    ['on every port the router may choose', { NewExternalPort: 0 }, { externalPort: null }, 'tcp/80'],
    ['for UDP', { NewProtocol: 'UDP' }, { protocol: 'udp' }, 'udp/8080'],
    ['of all protocols', { NewProtocol: '' }, { protocol: null }, 'any/8080'],
    ['without ports', { NewExternalPort: 0, NewInternalPort: '' }, { externalPort: null, internalPort: null }, 'tcp/0'],
    ['for another device', { NewInternalClient: FRIDGE.ip }, { internalClient: FRIDGE.ip }, 'tcp/8080'],
  ])('%s', (_, fields, expected, portClass) => {
    const [told] = upnp(START, { fields: fields as Record<string, string | number> });
    expect(told).toMatchObject({ portClass, evidence: { mapping: expected } });
  });

  it.each([
    [22, 'high'],
    [23, 'high'],
    [25, 'high'],
    [2323, 'high'],
    [5555, 'high'],
    [21, 'low'],
    [24, 'low'],
    [5556, 'low'],
  ])('of port %i, outside or inside, is %s', (port, severity) => {
    expect(upnp(START, { fields: { NewExternalPort: port } })[0]?.severity).toBe(severity);
    expect(upnp(START, { fields: { NewInternalPort: port } })[0]?.severity).toBe(severity);
  });

  it('is the same while what it is for is; a wish for another port is another', () => {
    upnp(START);
    const differs = (fields: Record<string, string | number>) => classes(upnp(START + SECOND, { fields }));
    expect(differs({})).toEqual(['state tcp/8080']);
    expect(differs({ NewExternalPort: 0 })).toEqual(['state tcp/8080']);
    expect(differs({ NewExternalPort: 8081 })).toEqual(['opens tcp/8081']);
    expect(differs({ NewInternalPort: 81 })).toEqual(['opens tcp/8080']);
    expect(differs({ NewProtocol: 'UDP' })).toEqual(['opens udp/8080']);
    expect(differs({ NewInternalClient: FRIDGE.ip })).toEqual(['opens tcp/8080']);
    expect(held()).toHaveLength(5);
  });

  it('that is only noted down, and a pinhole that is prolonged, open nothing', () => {
    expect(upnp(START, { fields: { NewEnabled: 0 } })).toEqual([]);
    expect(upnp(START, { action: 'UpdatePinhole', fields: { UniqueID: 7 } })).toEqual([]);
    expect(held()).toEqual([]);
  });
});

describe('a deletion', () => {
  const map = (external: number, protocol = 'TCP') =>
    upnp(START, { fields: { NewExternalPort: external, NewInternalPort: external, NewProtocol: protocol } });

  it.each([
    ['of one port', 'DeletePortMapping', { NewExternalPort: 81, NewProtocol: 'TCP' }, [80, 82, 81]],
    [
      'of one port for the other protocol',
      'DeletePortMapping',
      { NewExternalPort: 81, NewProtocol: 'UDP' },
      [80, 81, 82],
    ],
    ['of one port whatever the protocol', 'DeletePortMapping', { NewExternalPort: 81 }, [80, 82]],
    ['of a range', 'DeletePortMappingRange', { NewStartPort: 81, NewEndPort: 82, NewProtocol: 'TCP' }, [80, 81]],
    ['of a range that ends before', 'DeletePortMappingRange', { NewStartPort: 70, NewEndPort: 80 }, [81, 82, 81]],
    ['of nothing', 'DeletePortMapping', {}, [80, 81, 82, 81]],
  ])('%s', (_, action, fields, left) => {
    for (const port of [80, 81, 82]) map(port);
    map(81, 'UDP');
    const told = upnp(START + MINUTE, { action, fields: fields as unknown as Record<string, string | number> });
    expect(ports()).toEqual(left);
    expect(told).toHaveLength(4 - left.length);
  });

  it('of a mapping whose port the router chose is known by no port', () => {
    map(0);
    upnp(START, { action: 'DeletePortMapping', fields: { NewExternalPort: 0 } });
    expect(held()).toHaveLength(1);
  });

  it('of what was never asked for is nothing', () => {
    expect(upnp(START, { action: 'DeletePortMapping', fields: { NewExternalPort: 80 } })).toEqual([]);
  });

  it('of a pinhole goes by the number that the router gave', () => {
    const pinhole = (port: number, id: number) =>
      upnp(START, {
        action: 'AddPinhole',
        fields: { InternalPort: port, InternalClient: 'fd00::50', Protocol: 6, LeaseTime: 3600 },
        answer: `<u:AddPinholeResponse><UniqueID>${id}</UniqueID></u:AddPinholeResponse>`,
      });
    expect(pinhole(22, 7)[1]).toMatchObject({
      severity: 'high',
      portClass: 'tcp/22',
      evidence: { mapping: { by: 'upnp', externalPort: null, internalPort: 22, internalClient: 'fd00::50' } },
    });
    expect(pinhole(22, 7)[1]?.evidence.mapping).not.toHaveProperty('uniqueId');
    pinhole(80, 8);
    const left = () => held().map(({ uniqueId }) => uniqueId);
    expect(left()).toEqual([7, 8]);
    upnp(START, { action: 'DeletePinhole', fields: { UniqueID: 9 } });
    upnp(START, { action: 'DeletePinhole' });
    expect(left()).toEqual([7, 8]);
    upnp(START, { action: 'DeletePinhole', fields: { UniqueID: 7 } });
    expect(left()).toEqual([8]);
    // A refused renewal does not take the number away.
    upnp(START, {
      action: 'AddPinhole',
      fields: { InternalPort: 80, InternalClient: 'fd00::50', Protocol: 6 },
      answer: '<s:Fault><errorCode>701</errorCode></s:Fault>',
    });
    expect(left()).toEqual([8]);
  });

  it('without a number deletes no pinhole whose number was not seen', () => {
    upnp(START, { action: 'AddPinhole', fields: { InternalPort: 22, InternalClient: 'fd00::50' } });
    upnp(START, { action: 'DeletePinhole' });
    expect(held()).toHaveLength(1);
  });
});

describe('of the conversation with the router', () => {
  it('segments without payload, and what is no request, are nothing; it counts once it has begun', () => {
    const connection = talk();
    says(connection, '', 'originator', START);
    says(connection, 'GET / HTTP/1.1\r\n\r\n', 'originator', START);
    says(connection, reply('<NewExternalIPAddress>198.51.100.9</NewExternalIPAddress>'), 'responder', START);
    says(connection, request('AddPortMapping', MAPPING), 'responder', START);
    expect(take(around)).toEqual([]);
    expect(around.home.isPublic(PUBLIC)).toBe(false);
    says(connection, request('AddPortMapping', MAPPING), 'originator', START);
    expect(take(around)).toHaveLength(1);
    says(connection, reply('<u:AddPortMappingResponse/>'), 'responder', START + 1);
    expect(classes(take(around))).toEqual(['updates tcp/8080']);
  });

  it('a request may come in pieces', () => {
    const [text, connection] = [request('AddPortMapping', MAPPING), talk()];
    says(connection, text.slice(0, 60), 'originator', START);
    says(connection, text.slice(60), 'originator', START + 1);
    expect(classes(take(around))).toEqual(['opens tcp/8080']);
  });

  it('one whose end was not seen is told of when the router answers, or when all is over', () => {
    const [header] = request('AddPortMapping', MAPPING).split('<s:Envelope>');
    const connection = talk();
    says(connection, header ?? '', 'originator', START);
    expect(take(around)).toEqual([]);
    says(connection, reply('<u:AddPortMappingResponse/>'), 'responder', START + 1);
    expect(take(around).map(({ effect, evidence, time }) => [effect, evidence.granted, time])).toEqual([
      ['opens', undefined, START + 1],
      ['updates', true, START + 1],
    ]);
    const other = talk();
    says(other, header ?? '', 'originator', START + 2);
    detector.ended(camera, other, START + 3);
    expect(take(around).map(({ effect, time }) => [effect, time])).toEqual([['state', START + 3]]);
    detector.ended(camera, other, START + 4);
    detector.ended(camera, talk(), START + 4);
    expect(take(around)).toEqual([]);
  });

  it('is forgotten when it ends', () => {
    const connection = talk();
    says(connection, request('AddPortMapping', MAPPING), 'originator', START);
    detector.ended(camera, connection, START + 1);
    take(around);
    says(connection, reply('<u:AddPortMappingResponse/>'), 'responder', START + 2);
    expect(take(around)).toEqual([]);
  });

  it('64 are read at once, the latest', () => {
    const all = Array.from({ length: 65 }, () => talk());
    for (const connection of all) says(connection, request('AddPortMapping', MAPPING), 'originator', START);
    take(around);
    const answered = all.filter((connection) => {
      says(connection, reply('<u:AddPortMappingResponse/>'), 'responder', START + 1);
      return take(around).length > 0;
    });
    expect(answered).toEqual(all.slice(1));
  });

  it("tells the home's address", () => {
    const answer =
      '<u:GetExternalIPAddressResponse><NewExternalIPAddress>198.51.100.9</NewExternalIPAddress></u:GetExternalIPAddressResponse>';
    expect(upnp(START, { answer }).map(({ effect }) => effect)).toEqual(['opens', 'updates']);
    expect(around.home.isOwn(PUBLIC, START + 10, (mac) => mac === GATEWAY.mac)).toBe(true);
  });
});

describe('by NAT-PMP', () => {
  it('a mapping, whole; port 0 is no wish', () => {
    expect(hears(natPmp(8000, 0, 7200, START))).toEqual([
      {
        kind: 'port_mapping',
        severity: 'low',
        device: CAMERA.mac,
        portClass: 'tcp/8000',
        time: START,
        effect: 'opens',
        destination: null,
        evidence: {
          mapping: {
            by: 'nat-pmp',
            protocol: 'tcp',
            externalPort: null,
            internalPort: 8000,
            internalClient: null,
            lease: 7200,
            description: '',
          },
          until: iso(START + 2 * HOUR),
        },
        first: {},
        add: { mappings: 1 },
      },
    ]);
    expect(hears(natPmp(8000, 8001, 7200, START, 1))[0]).toMatchObject({
      portClass: 'udp/8001',
      evidence: { mapping: { protocol: 'udp', externalPort: 8001 } },
    });
  });

  it('the answer gives the port; a refusal, and port 0, change none', () => {
    hears(natPmp(8000, 8000, 7200, START));
    expect(hears(natPmpAnswer(0, 8000, 0, START + 1), router)[0]?.evidence).toMatchObject({
      mapping: { externalPort: 8000 },
      granted: true,
      refusedWith: undefined,
    });
    expect(hears(natPmpAnswer(0, 8000, 61_000, START + 1), router)[0]).toMatchObject({
      effect: 'updates',
      time: START + 1,
      portClass: 'tcp/8000',
      evidence: { mapping: { externalPort: 61_000 } },
    });
    expect(hears(natPmpAnswer(2, 8000, 5, START + 2), router)[0]?.evidence).toMatchObject({
      mapping: { externalPort: 61_000 },
      granted: undefined,
      refusedWith: 2,
    });
    expect(hears(natPmpAnswer(0, 8001, 8001, START + 3), router)).toEqual([]);
  });

  it('an answer is about the mapping of whom it goes to', () => {
    deviceIn(around, FRIDGE);
    hears(natPmp(8000, 8000, 7200, START));
    const answer = packetOf(natPmpAnswer(0, 8000, 61_000, START));
    const to = (destinationMac: string | null, ip = answer.ip) => {
      if (answer.udp === null) throw new Error('no datagram');
      detector.datagram(router, { ...answer, destinationMac, ip }, answer.udp, START);
      return take(around).length;
    };
    expect(to(FRIDGE.mac)).toBe(0);
    expect(to(CAMERA.mac)).toBe(1);
    // On captures that carry only the sender's address.
    expect(to(null)).toBe(1);
    expect(to(null, null)).toBe(0);
    expect(to('02:00:00:00:00:99')).toBe(0);
  });

  it.each([
    ['of one', [8000, 1], [[8000, 'tcp']]],
    ['of one for the other protocol', [8000, 2], [[8000, 'udp']]],
    ['of all of a protocol', [0, 2], [[8000, 'udp']]],
    [
      'of another',
      [9, 2],
      [
        [8000, 'tcp'],
        [8000, 'udp'],
      ],
    ],
  ] as const)('a lifetime of 0 is the end %s', (_, [port, opcode], left) => {
    hears(natPmp(8000, 8000, 7200, START));
    hears(natPmp(8000, 8000, 7200, START, 1));
    expect(hears(natPmp(port, 0, 0, START + MINUTE, opcode))).toHaveLength(2 - left.length);
    expect(held().map(({ internalPort, protocol }) => [internalPort, protocol])).toEqual(left);
  });

  it('a lifetime of a second lasts that long', () => {
    expect(hears(natPmp(8000, 8000, 1, START))[0]?.evidence).toMatchObject({ until: iso(START + SECOND) });
  });

  it("tells the home's address, by the word of who sent it; what is cut short tells nothing", () => {
    hears(natPmpAddress(PUBLIC, START), router);
    expect(around.home.isOwn(PUBLIC, START, (mac) => mac === GATEWAY.mac)).toBe(true);
    const short = packetOf(natPmp(8000, 8000, 7200, START));
    if (short.udp === null) throw new Error('no datagram');
    detector.datagram(camera, short, { ...short.udp, payload: short.udp.payload.subarray(0, 8) }, START);
    expect(take(around)).toEqual([]);
  });
});

describe('by PCP', () => {
  it('a mapping and its answer, which tells the address as well', () => {
    expect(hears(pcp(3074, 0, 3600, START, 17))[0]).toMatchObject({
      portClass: 'udp/3074',
      evidence: {
        mapping: {
          by: 'pcp',
          protocol: 'udp',
          externalPort: null,
          internalPort: 3074,
          internalClient: null,
          lease: 3600,
          description: '',
        },
      },
    });
    expect(hears(pcpAnswer(0, [3074, 4000], START + 1, 17), router)[0]).toMatchObject({
      effect: 'updates',
      evidence: { mapping: { externalPort: 4000 }, granted: true },
    });
    expect(around.home.isPublic(PUBLIC)).toBe(true);
    expect(hears(pcpAnswer(8, [3074, 0], START + 2, 17, '198.51.100.8'), router)[0]?.evidence).toMatchObject({
      mapping: { externalPort: 4000 },
      refusedWith: 8,
    });
    expect(around.home.isPublic('198.51.100.8')).toBe(false);
  });

  it.each([
    [6, 'tcp/22'],
    [17, 'udp/22'],
    [0, 'any/22'],
    [132, 'any/22'],
  ])('protocol %i is %s', (protocol, portClass) => {
    expect(classes(hears(pcp(22, 22, 3600, START, protocol)))).toEqual([`opens ${portClass}`]);
  });

  it.each([
    ['of one', [3074, 17], 1],
    ['of all of a protocol', [0, 17], 1],
    ['of everything', [0, 0], 0],
    ['of one whatever the protocol', [3074, 0], 0],
    ['of another', [9, 17], 2],
  ] as const)('a lifetime of 0 is the end %s', (_, [port, protocol], left) => {
    hears(pcp(3074, 3074, 3600, START, 17));
    hears(pcp(3074, 3074, 3600, START, 6));
    hears(pcp(port, 0, 0, START + MINUTE, protocol));
    expect(held()).toHaveLength(left);
  });

  it('for another device is told as such; what is cut short tells nothing', () => {
    const frame = pcp(80, 80, 3600, START);
    const packet = packetOf(frame);
    if (packet.udp === null) throw new Error('no datagram');
    const option = Buffer.concat([Buffer.from([1, 0, 0, 16]), ipBytes(`::ffff:${FRIDGE.ip}`)]);
    const payload = Buffer.concat([packet.udp.payload, option]);
    detector.datagram(camera, packet, { ...packet.udp, payload, payloadLength: payload.length }, START);
    expect(take(around)[0]?.evidence.mapping).toMatchObject({ by: 'pcp', internalClient: FRIDGE.ip });
    detector.datagram(camera, packet, { ...packet.udp, payload: payload.subarray(0, 40) }, START);
    expect(take(around)).toEqual([]);
  });
});

describe('of one device', () => {
  const map = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => hears(natPmp(1000 + from + i, 1000 + from + i, 3600, START + i))).flat();

  it('eight mappings are incidents of their own, further ones share one, which ends with the last of them', () => {
    expect(classes(map(10))).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `opens tcp/${1000 + i}`),
      'opens many',
      'opens many',
    ]);
    expect(hears(natPmp(1008, 0, 0, START + MINUTE))).toEqual([]);
    expect(hears(natPmp(1009, 0, 0, START + MINUTE))).toMatchObject([{ portClass: 'many', closes: true }]);
    expect(classes(map(1, 20))).toEqual(['opens many']);
    expect(hears(natPmp(1000, 0, 0, START + MINUTE))).toMatchObject([{ portClass: 'tcp/1000', closes: true }]);
  });

  it('sixteen are followed, the latest', () => {
    map(17);
    expect(ports()).toEqual(Array.from({ length: 16 }, (_, i) => 1001 + i));
  });

  it('that was not kept before the first is followed, too', () => {
    const fridge = around.devices.seen(FRIDGE.mac, START);
    if (fridge === null) throw new Error('nobody');
    hears(natPmp(8000, 8000, 7200, START), fridge);
    expect(around.devices.isKept(FRIDGE.mac)).toBe(true);
    expect(hears(natPmp(8000, 0, 0, START + MINUTE), fridge)).toMatchObject([{ device: FRIDGE.mac, closes: true }]);
  });
});

describe('what runs out', () => {
  it('is over then, looked for once a minute', () => {
    hears(natPmp(8000, 8000, 3600, START));
    detector.tick(START + HOUR);
    expect(take(around)).toEqual([]);
    detector.tick(START + HOUR + MINUTE - 1);
    expect(take(around)).toEqual([]);
    detector.tick(START + HOUR + MINUTE);
    expect(take(around)).toMatchObject([
      {
        effect: 'updates',
        closes: true,
        time: START + HOUR + MINUTE,
        evidence: { closedAt: iso(START + HOUR + MINUTE) },
      },
    ]);
    detector.tick(START + HOUR + 2 * MINUTE);
    expect(take(around)).toEqual([]);
  });

  it('and a clock that was set back is not waited for', () => {
    hears(natPmp(8000, 8000, 1, START));
    detector.tick(START + HOUR + MINUTE);
    take(around);
    hears(natPmp(8000, 8000, 1, START));
    detector.tick(START + HOUR + MINUTE + 1);
    expect(take(around)).toEqual([]);
    detector.tick(START + HOUR + MINUTE);
    expect(take(around)).toHaveLength(1);
  });

  it('of a device that was forgotten is nothing', () => {
    hears(natPmp(8000, 8000, 1, START));
    around.devices.forget(CAMERA.mac);
    detector.tick(START + HOUR);
    expect(take(around)).toEqual([]);
  });

  it('lasts over a clock that was put right as long as it was given, unless it was over', () => {
    hears(natPmp(8000, 8000, 3600, START));
    hears(natPmp(8001, 8001, 60, START));
    upnp(START, { fields: { NewLeaseDuration: 0 } });
    detector.memory.takeChanged();
    detector.moveTime({ since: START + 60 * SECOND, until: START + 60 * SECOND, by: DAY });
    expect(held().map(({ until }) => until)).toEqual([START + HOUR + DAY, START + MINUTE, null]);
    expect(detector.memory.takeChanged()).toHaveLength(1);
    detector.moveTime({ since: START + 3 * DAY, until: START + 3 * DAY, by: DAY });
    expect(detector.memory.takeChanged()).toEqual([]);
  });
});

test('what is open is known again after a restart; what is not as it should be is not', () => {
  hears(natPmp(8000, 8000, 3600, START));
  expect(detector.memory.takeChanged()).toHaveLength(1);
  detector = remembering(detector, new PortMappingDetector(around));
  expect(hears(natPmp(8000, 0, 0, START + MINUTE))).toMatchObject([{ closes: true, portClass: 'tcp/8000' }]);
  const mapping = { by: 'upnp', protocol: null, externalPort: 1, internalPort: null, internalClient: null, lease: 0 };
  const whole = { ...mapping, description: '', portClass: 'any/1', until: null, uniqueId: null };
  const read = (value: unknown) => {
    const fresh = new PortMappingDetector(around);
    fresh.memory.restore(CAMERA.mac, value);
    return fresh.memory.all().length;
  };
  expect(read({ held: [whole] })).toBe(1);
  expect(read({ held: Array.from({ length: 16 }, () => whole) })).toBe(1);
  expect(read({ held: Array.from({ length: 17 }, () => whole) })).toBe(0);
  for (const key of Object.keys(whole)) expect(read({ held: [{ ...whole, [key]: [] }] }), key).toBe(0);
  for (const by of ['upnp', 'nat-pmp', 'pcp']) expect(read({ held: [{ ...whole, by }] })).toBe(1);
  for (const protocol of ['tcp', 'udp']) expect(read({ held: [{ ...whole, protocol }] })).toBe(1);
  expect(read({ held: [{ ...whole, by: '' }] })).toBe(0);
});

test('it is told of what stays inside', () => {
  expect([detector.name, detector.ways]).toEqual(['port-mappings', ['local']]);
});
