// What happens in each capture that test/captures ships: devices of the lab acting, told as short stories.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceOptions } from './device.ts';
import type { Home } from './home.ts';
import { mailServer, refusingServer, silentServer } from './internet.ts';
import { readRecords } from './retime.ts';

export interface Scenario {
  /** The capture's file name, without `.pcap`. */
  readonly name: string;
  readonly devices: readonly DeviceOptions[];
  /** For tcpdump: what is kept of the mirror port; everything when missing. */
  readonly filter?: string;
  /** Runs before recording starts. */
  readonly prepare?: (home: Home) => Promise<void>;
  /** `later(minutes)` makes a silence: what follows is shown that much later. No device has joined at the start. */
  readonly act: (home: Home, later: (minutes: number) => Promise<void>) => Promise<void>;
}

const camera = { name: 'hallway-camera', mac: '24:0a:c4:10:00:01' };
const fridge = { name: 'kitchen-fridge', mac: '30:ae:a4:10:00:02' };
const tv = { name: 'living-room-tv', mac: '00:e0:4c:10:00:03' };
const laptop = { name: 'laptop', mac: 'f8:94:c2:10:00:04' };
const doorbell = { name: 'porch-doorbell', mac: '24:0a:c4:10:00:05' };
const nas = { name: 'nas', mac: '00:e0:4c:10:00:06' };

/** Bulk of downloads is not kept: the sensor counts it from sequence numbers, and the files stay small. */
const withoutBulk = 'not (tcp src port 443 and greater 1000)';
const firmware = 'https://firmware.lumacam.example';
const telemetry = 'https://telemetry.lumacam.example/state';
const cdn = 'https://cdn.manyfiles.example/icon.png';

async function join(home: Home, ...devices: readonly DeviceOptions[]): Promise<void> {
  for (const { name } of devices) await home.device(name).join();
}

/** Three devices, three fates: unanswered, refused, and delivered to two recipients. */
async function threeMails(home: Home, family: 4 | 6): Promise<void> {
  await join(home, camera, fridge, tv);
  await home.device(camera.name).sendMail({ to: silentServer.name, family, timeoutMs: 900 });
  await home.device(fridge.name).sendMail({ to: refusingServer.name, family });
  await home.device(tv.name).sendMail({ to: mailServer.name, family, recipients: 2 });
}

function fetchAs(home: Home, device: DeviceOptions, url: string): Promise<unknown> {
  return home.device(device.name).fetch(url);
}

/** One round of what a quiet home does; every device asks ARP and DNS again. */
async function quietRound(home: Home): Promise<void> {
  await Promise.all(home.devices.map((device) => device.forgetNeighbours()));
  await fetchAs(home, camera, telemetry);
  await fetchAs(home, doorbell, telemetry);
  await fetchAs(home, fridge, 'https://updates.coldbox.example/check');
  await fetchAs(home, tv, 'https://dashboard.bigscreen.example/');
  for (const device of [tv, laptop, camera, doorbell, fridge]) await fetchAs(home, device, cdn);
}

/** A day in a home: two cameras of one maker take firmware from its compromised update backend and then send mail. */
async function demo(home: Home, later: (minutes: number) => Promise<void>): Promise<void> {
  await join(home, laptop, tv, fridge, camera, doorbell);
  await quietRound(home);
  await later(150);
  await quietRound(home);
  await fetchAs(home, fridge, 'https://updates.coldbox.example/firmware?bytes=300000');
  await later(190);
  await quietRound(home);
  await fetchAs(home, camera, `${firmware}/firmware?bytes=420000`);
  await later(25);
  await fetchAs(home, doorbell, `${firmware}/firmware?bytes=420000`);
  await later(140);
  await home.device(camera.name).lookup('example.net', 'MX');
  await home.device(camera.name).sendMail({ to: mailServer.name, count: 3, recipients: 4 });
  await later(35);
  await quietRound(home);
  await home.device(doorbell.name).sendMail({ to: refusingServer.name });
  await home.device(doorbell.name).sendMail({ to: mailServer.name, count: 2, recipients: 3 });
  await home.device(camera.name).sendMail({ to: silentServer.name, timeoutMs: 900 });
}

/** Records what two devices really send, to send it again behind tags: the kernel may have no VLAN interfaces. */
async function recordTwoMails(home: Home): Promise<void> {
  const recording = await home.record(scratch(home));
  await join(home, camera, fridge);
  await home.device(camera.name).sendMail({ to: mailServer.name });
  await home.device(fridge.name).sendMail({ to: refusingServer.name });
  await recording.stop();
}

async function sendTagged(home: Home): Promise<void> {
  const records = readRecords(await readFile(scratch(home)));
  const frames = records.map((record) => record.data);
  const tagged = (device: DeviceOptions, tags: readonly number[]) =>
    frames.filter((frame) => isOf(frame, device)).map((frame) => withTags(frame, tags));
  await home.inject(camera.name, tagged(camera, [0x8100, 20]));
  await home.inject(fridge.name, tagged(fridge, [0x88a8, 100, 0x8100, 20]));
}

function scratch(home: Home): string {
  return `${home.directory}/untagged.pcap`;
}

function isOf(frame: Buffer, device: DeviceOptions): boolean {
  const mac = device.mac.replaceAll(':', '');
  return frame.toString('hex', 0, 6) === mac || frame.toString('hex', 6, 12) === mac;
}

/** Puts tags (EtherType and VLAN id, outermost first) behind the addresses: IEEE 802.1Q. */
function withTags(frame: Buffer, tags: readonly number[]): Buffer {
  const bytes = Buffer.alloc(tags.length * 2);
  for (const [index, word] of tags.entries()) bytes.writeUInt16BE(word, index * 2);
  return Buffer.concat([frame.subarray(0, 12), bytes, frame.subarray(12)]);
}

async function leaseReuse(home: Home, later: (minutes: number) => Promise<void>): Promise<void> {
  await join(home, camera);
  await home.device(camera.name).sendMail({ to: mailServer.name });
  await home.device(camera.name).leave();
  await later(90);
  await join(home, laptop);
  await home.device(laptop.name).sendMail({ to: refusingServer.name });
}

async function insideMail(home: Home): Promise<void> {
  await join(home, camera, nas);
  await home.device(nas.name).serveMail([25, 587]);
  await home.device(camera.name).sendMail({ to: 'nas.home.arpa' });
  await home.device(camera.name).sendMail({ to: 'nas.home.arpa', port: 587 });
}

/** One attempt of eight seconds: the same SYN goes out again and again, as often as this kernel does it. */
async function retransmittedSyn(home: Home): Promise<void> {
  await join(home, camera);
  await home.device(camera.name).connect(silentServer.name, 25, { timeoutMs: 8000 });
  await sleep(200);
}

export const scenarios: readonly Scenario[] = [
  { name: 'three-mailers', devices: [camera, fridge, tv], act: (home) => threeMails(home, 4) },
  { name: 'ipv6-mail', devices: [camera, fridge, tv], act: (home) => threeMails(home, 6) },
  { name: 'vlan-qinq', devices: [camera, fridge], filter: 'vlan', prepare: recordTwoMails, act: sendTagged },
  {
    name: 'lease-reuse',
    devices: [
      { ...camera, reservedAddress: '192.168.50.50' },
      { ...laptop, reservedAddress: '192.168.50.50' },
    ],
    act: leaseReuse,
  },
  { name: 'inside-mail', devices: [camera, nas], act: insideMail },
  { name: 'retransmitted-syn', devices: [camera], act: retransmittedSyn },
  { name: 'demo', devices: [laptop, tv, fridge, camera, doorbell], filter: withoutBulk, act: demo },
];
