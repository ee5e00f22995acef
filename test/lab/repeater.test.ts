// Three clients behind a real proxy-ARP repeater with a real DHCP relay, recorded at the mirror port: each keeps its name.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../sensor/record/report.ts';
import { replayedReport } from '../support/replayed.ts';
import { Home, requireLab } from './home.ts';
import { mailServer } from './internet.ts';
import { startRepeater } from './repeater.ts';

const reason = requireLab();
if (reason !== null) console.warn(`SKIPPED, no repeater of the lab is tested: ${reason}`);

const EXTENDER = { name: 'extender', mac: '30:ae:a4:10:00:0e' };
const CLIENTS = [
  { name: 'hall-cam', mac: '24:0a:c4:10:00:11' },
  { name: 'porch-cam', mac: '24:0a:c4:10:00:12' },
  { name: 'desk-lamp', mac: '24:0a:c4:10:00:13' },
];

describe.skipIf(reason !== null)('a repeater with proxy ARP', () => {
  let home: Home;
  let report: Report;
  let addresses: string[];
  beforeAll(async () => {
    home = await Home.start({ devices: [EXTENDER, ...CLIENTS], join: false });
    const file = join(home.directory, 'repeater.pcap');
    const recording = await home.record(file);
    addresses = await startRepeater(home, EXTENDER.name);
    const sent = await home.device('hall-cam').sendMail({ to: mailServer.ipv4, count: 2 });
    expect(sent.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered']);
    await recording.stop();
    report = await replayedReport(file, []);
  }, 120_000);
  afterAll(() => home?.stop());

  it('has the mail laid to the client that sent it, by its name and hardware address', () => {
    const incidents = report.incidents.filter(({ kind }) => kind === 'mail_started');
    expect(incidents).toMatchObject([
      {
        device: CLIENTS[0]?.mac,
        summary: expect.stringMatching(/^hall-cam, behind the repeater extender, is sending mail to servers/),
        evidence: {
          address: addresses[0],
          attempts: 2,
          messages: 2,
          behind: { mac: EXTENDER.mac, name: 'extender', kind: 'repeater', who: 'client' },
        },
      },
    ]);
  });

  it('has no MAC of a client on the cable, and each as a device all the same', () => {
    const named = report.devices.filter(({ behind }) => behind?.mac === EXTENDER.mac).map(({ name }) => name);
    expect(named).toContain('hall-cam');
    expect(report.devices.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['hall-cam', 'porch-cam', 'desk-lamp']),
    );
    expect(report.devices.find(({ mac }) => mac === EXTENDER.mac)?.mail.attempts).toBe(0);
  });
});
