// One ordinary day of a family, as every kind of link and mirror shows it. Nobody is to be alarmed.
import { type CapturedFrame, ethernet, type TaggingFields, wrapAll } from '../support/packet-builder.ts';
import { CAMERA, GATEWAY, HOUR, MINUTE, START } from '../support/stage.ts';
import type { Case, Expected } from './case.ts';
import { browses, fetches, IPHONE, joins, MACBOOK, morning, PRINTER, requests, submits, visits } from './household.ts';

export const NOTED: Expected = { kind: 'submission_started', device: IPHONE, severity: 'info', alerts: 0 };

/** A day of a family: everybody's morning, then mail, the web and the printer. */
export function day(time: number): CapturedFrame[] {
  return [
    ...morning(time),
    ...joins(PRINTER, time + MINUTE),
    ...submits(IPHONE, time + HOUR),
    ...fetches(MACBOOK, time + 2 * HOUR),
    ...browses(MACBOOK, 'shop.example', '203.0.113.14', time + 3 * HOUR, 60_000),
    ...visits(MACBOOK, PRINTER, 631, time + 4 * HOUR, ['C: POST /ipp HTTP/1.1', 'S: HTTP/1.1 200 OK']),
    ...requests(CAMERA, 'time.cam.example', '203.0.113.81', time + 5 * HOUR),
  ];
}

export function tagged({ data, time }: CapturedFrame, tags: TaggingFields): CapturedFrame {
  const mac = (at: number) =>
    data
      .subarray(at, at + 6)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:');
  const payload = { etherType: data.readUInt16BE(12), bytes: data.subarray(14) };
  return { time, data: ethernet({ source: mac(6), destination: mac(0), ...tags }, payload) };
}

const isIp = ({ data }: CapturedFrame) => [0x0800, 0x86dd].includes(data.readUInt16BE(12));
export const later = (frames: CapturedFrame[], milliseconds: number) =>
  frames.map((frame) => ({ ...frame, time: frame.time + milliseconds }));

/** The same day as another kind of link shows it. */
function link(name: string, change: (frames: CapturedFrame[]) => CapturedFrame[], expect: Expected[] = [NOTED]): Case {
  return { name: `a day of a family, ${name}`, home: (stage) => stage.play(change(day(START))), expect };
}

/** Without its own words a telephone is not known for one: of it no mail is shown here. */
const ROUTERS_SIDE: Case = {
  name: "a morning of a family, as a mirror shows it that has the router's side alone",
  home: (stage) => stage.play(morning(START).filter(isFromRouter)),
  shows: [{ device: IPHONE, report: { addresses: [{ ip: IPHONE.ip }] } }],
};

export const LINKS: readonly Case[] = [
  ROUTERS_SIDE,
  link('plain', (frames) => frames),
  link('behind a VLAN tag', (frames) => frames.map((frame) => tagged(frame, { vlans: [20] }))),
  link('behind two tags', (frames) => frames.map((frame) => tagged(frame, { vlans: [100, 20] }))),
  link('inside PPPoE', (frames) => frames.filter(isIp).map((frame) => tagged(frame, { pppoe: 7 }))),
  link('inside PPPoE behind a tag', (frames) =>
    frames.filter(isIp).map((frame) => tagged(frame, { pppoe: 7, vlans: [7] })),
  ),
  link('inside PPPoE with a protocol field of one octet', (frames) =>
    frames.filter(isIp).map((frame) => tagged(frame, { pppoe: 7, compressed: true })),
  ),
  ...(['tzsp', 'erspan2', 'vxlan'] as const).map((wrapping) =>
    link(`as a remote mirror sends it in ${wrapping}`, (frames) => wrapAll(frames, wrapping)),
  ),
  {
    name: 'mail within a tunnel between a device and the Internet, which nobody here can answer for',
    home: (stage) => {
      const inside = visits(MACBOOK, PRINTER, 25, START + HOUR, ['S: 220 mx', 'C: EHLO a']);
      stage.play(morning(START), wrapAll(inside, 'vxlan', { source: CAMERA.ip, destination: '203.0.113.77' }));
    },
  },
  link('each frame twice', (frames) => frames.flatMap((frame) => [frame, { ...frame, time: frame.time + 1 }])),
  link('each frame plain and behind a tag', (frames) =>
    frames.flatMap((frame) => [frame, tagged({ ...frame, time: frame.time + 1 }, { vlans: [20] })]),
  ),
  link('with every tenth frame missing', (frames) => frames.filter((_, i) => i % 10 !== 9)),
  link('with the answers a moment before what they answer', (frames) =>
    frames.map((frame) => ({ ...frame, time: frame.time - (isFromRouter(frame) ? 12 : 0) })),
  ),
  link("as a mirror shows it that has the devices' side alone", (frames) =>
    frames.filter((frame) => !isFromRouter(frame)),
  ),
  link('cut after 400 octets', (frames) =>
    frames.map(({ data, time }) => ({ time, data: data.subarray(0, 400), originalLength: data.length })),
  ),
];

export function isFromRouter({ data }: CapturedFrame): boolean {
  return data.subarray(6, 12).toString('hex') === GATEWAY.mac.replaceAll(':', '');
}
