// Captures whose link layer shows the sender's MAC alone, or no MAC at all: every kind of message passes, and what can be known is.
import { describe, expect, it } from 'vitest';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import { answered, dhcpAck, dhcpRequest, mail, mdns, refusal, tlsHello, visit } from '../support/name-frames.ts';
import { advertised, ndp } from '../support/neighbor-frames.ts';
import {
  type CapturedFrame,
  dhcpv6,
  ethernet,
  ipBytes,
  ipv4,
  ipv6,
  neighborAdvertisement,
  neighborSolicitation,
  routerSolicitation,
  tcpConversation,
  udp,
} from '../support/packet-builder.ts';
import { at, CAMERA, FRIDGE, GATEWAY, MAIL_SERVER, MINUTE, outside, SECOND, START, Stage } from '../support/stage.ts';
import { arpReply, arpRequest, outerSide, segment, talk } from '../support/vantage-frames.ts';

const WEB = '203.0.113.80';

/** The same packet as a cooked capture shows it. */
function cooked({ data, time }: CapturedFrame, hasMac: boolean): { data: Buffer; time: number } {
  const head = Buffer.alloc(14);
  head.writeUInt16BE(hasMac ? 1 : 0xfffe, 2);
  head.writeUInt16BE(hasMac ? 6 : 0, 4);
  if (hasMac) data.copy(head, 6, 6, 12);
  return { time, data: Buffer.concat([head, data.subarray(12)]) };
}

function play(frames: readonly CapturedFrame[], hasMac: boolean): Stage {
  const stage = new Stage({ recorded: true });
  for (const frame of frames.toSorted((a, b) => a.time - b.time)) {
    const { data, time } = cooked(frame, hasMac);
    stage.spine.engine.frame({ time, linkType: LINK_TYPES.linuxCooked, data, originalLength: data.length });
  }
  stage.finish();
  return stage;
}

const said = (payload: Buffer, ports: [number, number], time: number): CapturedFrame => {
  const packet = ipv6(
    { source: 'fe80::50', destination: 'fe80::1' },
    udp({ sourcePort: ports[0], destinationPort: ports[1] }, payload),
  );
  return { time, data: ethernet({ source: CAMERA.mac, destination: GATEWAY.mac }, packet) };
};
const other = (from: { mac: string; ip: string }, to: { mac: string; ip: string }, time: number): CapturedFrame => {
  const packet = ipv4(
    { source: from.ip, destination: to.ip },
    udp({ sourcePort: 5000, destinationPort: 5000 }, Buffer.from('x')),
  );
  return { time, data: ethernet({ source: from.mac, destination: to.mac }, packet) };
};
const hello = (flags: string, time: number): CapturedFrame =>
  segment(time, {
    ...{
      from: CAMERA,
      to: { ...GATEWAY, ip: WEB },
      ports: [41_000, 443] as const,
      flags,
      sequence: 1001,
      acknowledgement: 1,
    },
    payload: tlsHello('api.vendor.example'),
  });

const ALL: CapturedFrame[] = [
  arpRequest(CAMERA, GATEWAY.ip, START),
  arpReply(GATEWAY, CAMERA, START + 1),
  advertised(GATEWAY.mac, [{ prefix: '2001:db8:1::' }], START + 2),
  ndp(CAMERA.mac, '::', neighborSolicitation({ target: 'fe80::50' }), START + 3),
  ndp(CAMERA.mac, 'fe80::50', routerSolicitation({}), START + 4),
  ndp(FRIDGE.mac, 'fe80::51', neighborAdvertisement({ target: 'fe80::51' }), START + 5),
  dhcpRequest(CAMERA.mac, [[12, 'hall-cam']], START + 6),
  dhcpAck(CAMERA, START + 7, [
    [1, ipBytes('255.255.255.0')],
    [3, ipBytes(GATEWAY.ip)],
    [6, ipBytes(GATEWAY.ip)],
  ]),
  said(dhcpv6({ messageType: 3, clientMac: CAMERA.mac, fqdn: 'hall-cam.lan' }), [546, 547], START + 8),
  said(
    dhcpv6({ messageType: 7, clientMac: CAMERA.mac, addresses: ['2001:db8:1::7'], prefixes: ['2001:db8:2::/56'] }),
    [547, 546],
    START + 9,
  ),
  mdns(FRIDGE, [{ type: 'A', name: 'fridge.local', ttl: 120, data: FRIDGE.ip }], START + 10),
  answered(CAMERA, 'api.vendor.example', [WEB], START + 11),
  other(CAMERA, FRIDGE, START + 12),
  other(FRIDGE, CAMERA, START + 13),
  other({ ...GATEWAY, ip: WEB }, CAMERA, START + 14),
  refusal({ code: 13, by: GATEWAY.ip }, START + 15),
  hello('PA', START + SECOND),
  ...visit(CAMERA, WEB, START + 2 * SECOND, { host: 'api.vendor.example' }),
  ...mail(CAMERA, MAIL_SERVER, START + MINUTE),
  ...tcpConversation({
    client: outside(WEB, 50_000),
    server: at(CAMERA, CAMERA.ip, 23),
    time: START + 2 * MINUTE,
    outcome: 'connected',
  }),
  ...talk({ count: 5, time: START + 3 * MINUTE }),
];

describe('a cooked capture', () => {
  it('that shows who sends tells devices, names, addresses and mail', () => {
    const stage = play(ALL, true);
    const camera = stage.device(CAMERA);
    expect(camera).toMatchObject({ role: 'device', sharedMac: false, mail: { attempts: 1 } });
    expect(camera.hostnames).toEqual(['hall-cam', 'hall-cam.lan']);
    expect(camera.addresses.map(({ ip }) => ip).sort()).toEqual([CAMERA.ip, '2001:db8:1::7', 'fe80::50'].sort());
    expect(camera.backends.map(({ name }) => name)).toContain('vendor.example');
    expect(stage.device(FRIDGE)).toMatchObject({ hostnames: ['fridge'], mail: { attempts: 0 } });
    expect(stage.incidents('mail_started').map(({ device }) => device)).toEqual([CAMERA.mac]);
    expect(stage.spine.engine.vantage).toBe('lan-both-ways');
  });

  it('that shows nobody is read to its end, and names nobody but whom messages name', () => {
    const stage = play([...ALL, ...outerSide({ count: 60, time: START + 5 * MINUTE })], false);
    expect(stage.devices().map(({ mac }) => mac)).toEqual([CAMERA.mac]);
    expect(stage.device(CAMERA).hostnames).toEqual(['hall-cam', 'hall-cam.lan']);
  });
});
