// Devices ask a real router daemon for ports, with real clients, by UPnP, NAT-PMP and PCP: what the sensor reads off the mirror
// port is what the router says it did, in all fields. Only the PCP client is the test's own: Debian has none.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import type { Report, ReportIncident } from '../../sensor/record/report.ts';
import { replayedReport } from '../support/replayed.ts';
import type { Device } from './device.ts';
import { Home, homeNets, router } from './home.ts';
import { mailServer } from './internet.ts';
import { mapperTools, startPortMapper } from './port-mapper.ts';
import { requireTools } from './tools.ts';

const reason = requireTools(mapperTools);
if (reason !== null) console.warn(`SKIPPED, no real port mapping is tested: ${reason}`);

const CONSOLE = { name: 'game-console', mac: '24:0a:c4:10:00:01' };
const CAMERA = { name: 'porch-camera', mac: '30:ae:a4:10:00:02' };
const BOX = { name: 'media-box', mac: '00:e0:4c:10:00:03' };
const NAS = { name: 'home-nas', mac: '00:e0:4c:10:00:04' };
const DESCRIPTION = `http://${router.ipv4}:5000/rootDesc.xml`;

/** A PCP MAP request (RFC 6887, section 11.1) of the device that runs it, for TCP; prints the answer in hex. */
const PCP_CLIENT = `
const [, address, internal, external, lifetime] = process.argv;
const request = Buffer.alloc(60);
const v4 = (at, text) => { request.writeUInt16BE(0xffff, at + 10); text.split('.').forEach((n, i) => request.writeUInt8(+n, at + 12 + i)); };
request.writeUInt8(2, 0); request.writeUInt8(1, 1); request.writeUInt32BE(+lifetime, 4); v4(8, address);
request.fill(0x5a, 24, 36); request.writeUInt8(6, 36); request.writeUInt16BE(+internal, 40); request.writeUInt16BE(+external, 42);
v4(44, '0.0.0.0');
const socket = require('dgram').createSocket('udp4');
socket.on('message', (answer) => { console.log(answer.toString('hex')); socket.close(); });
socket.send(request, 5351, '${router.ipv4}');
`;

describe.skipIf(reason !== null)('ports that devices have the router open', () => {
  let home: Home;
  let report: Report;
  const said = new Map<string, string>();

  beforeAll(async () => {
    home = await Home.start({ devices: [CONSOLE, CAMERA, BOX, NAS] });
    const file = join(home.directory, 'mappings.pcap');
    await startPortMapper(home);
    const recording = await home.record(file, captureFilter(LINK_TYPES.ethernet));
    await Promise.all([playConsole(), playCamera(), playBox(), playNas()]);
    await recording.stop();
    report = await replayedReport(file, homeNets);
  }, 60_000);
  afterAll(() => home?.stop());

  async function run(device: Device, key: string, command: string, ...args: string[]): Promise<void> {
    const { code, stderr, stdout } = await device.run(command, args);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${code} ${stdout} ${stderr}`);
    said.set(key, stdout);
  }

  /** UPnP, once with the search for a router and then without. */
  async function playConsole(): Promise<void> {
    const device = home.device(CONSOLE.name);
    const own = device.ipv4 ?? '';
    const upnpc = (key: string, ...args: string[]) => run(device, key, 'upnpc', '-u', DESCRIPTION, ...args);
    await run(device, 'found', 'upnpc', '-e', 'Spiel für zwei: 3074', '-a', own, '3074', '13074', 'UDP', '3600');
    await upnpc('for good', '-e', 'Remote control', '-a', own, '8080', '18080', 'TCP', '0');
    await upnpc('any', '-e', 'Whichever', '-n', own, '9000', '9000', 'TCP', '7200');
    await upnpc('taken away', '-d', '18080', 'TCP');
    await upnpc('list', '-l');
  }

  /** NAT-PMP: telnet, of all things, and away with it; another stays. */
  async function playCamera(): Promise<void> {
    const device = home.device(CAMERA.name);
    const natpmpc = (key: string, ...args: string[]) => run(device, key, 'natpmpc', '-g', router.ipv4, '-a', ...args);
    await natpmpc('telnet', '2323', '23', 'tcp', '1800');
    await natpmpc('stays', '40000', '40001', 'udp', '120');
    await natpmpc('telnet ends', '0', '23', 'tcp', '0');
  }

  async function playBox(): Promise<void> {
    const device = home.device(BOX.name);
    const pcp = (key: string, ...args: string[]) =>
      run(device, key, process.execPath, '-e', PCP_CLIENT, device.ipv4 ?? '', ...args);
    await pcp('pcp', '22', '2222', '900');
    await pcp('second', '32400', '32400', '600');
    await pcp('pcp ends', '22', '0', '0');
  }

  /** Holes in the firewall for IPv6: one that the router refuses, because it is asked from another address, and one it opens. */
  async function playNas(): Promise<void> {
    const device = home.device(NAS.name);
    const [own = ''] = device.ipv6;
    const hole = (port: string) => [mailServer.ipv6, '0', own, port, 'TCP', '3600'];
    const over6 = ['-u', `http://[${router.ipv6}]:5000/rootDesc.xml`, '-6'];
    await run(device, 'refused hole', 'upnpc', '-u', DESCRIPTION, '-A', ...hole('2323'));
    await run(device, 'hole', 'upnpc', ...over6, '-A', ...hole('8443'));
    const id = /Pinhole ID = (\d+)/.exec(said.get('hole') ?? '')?.[1] ?? '';
    await run(device, 'hole ends', 'upnpc', ...over6, '-D', id);
  }

  const of = ({ mac }: { mac: string }): ReportIncident[] =>
    report.incidents
      .filter(({ device, kind }) => kind === 'port_mapping' && device === mac)
      .toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));

  it('UPnP: ports, protocol, lease and description as they were asked for, and a deletion', () => {
    const internalClient = home.device(CONSOLE.name).ipv4;
    expect(said.get('found')).toMatch(/:13074 UDP is redirected to internal .*:3074 \(duration=3600\)/);
    const list = (said.get('list') ?? '').split('\n').map((line) => line.replace(/^ *\d+ /, ''));
    expect(list).toContainEqual(
      expect.stringMatching(`^UDP 13074->${internalClient}:3074 +'Spiel für zwei: 3074' '' 3[56]`),
    );
    expect(list).toContainEqual(expect.stringMatching(`^TCP +9000->${internalClient}:9000 +'Whichever' '' 7[12]`));
    expect(said.get('list')).not.toContain('18080');
    expect(of(CONSOLE)).toMatchObject([
      {
        severity: 'low',
        evidence: {
          mapping: {
            by: 'upnp',
            protocol: 'udp',
            externalPort: 13_074,
            internalPort: 3074,
            internalClient,
            lease: 3600,
            description: 'Spiel für zwei: 3074',
          },
          granted: true,
        },
      },
      {
        severity: 'low',
        evidence: {
          mapping: {
            by: 'upnp',
            protocol: 'tcp',
            externalPort: 18_080,
            internalPort: 8080,
            internalClient,
            lease: 0,
            description: 'Remote control',
          },
          granted: true,
          closedAt: expect.any(String),
        },
      },
      {
        severity: 'low',
        evidence: {
          mapping: {
            by: 'upnp',
            protocol: 'tcp',
            externalPort: 9000,
            internalPort: 9000,
            internalClient,
            lease: 7200,
            description: 'Whichever',
          },
          granted: true,
        },
      },
    ]);
    expect(of(CONSOLE).map(({ evidence }) => 'closedAt' in evidence)).toEqual([false, true, false]);
  });

  it('NAT-PMP: telnet is grave, and its end is seen', () => {
    expect(said.get('telnet')).toMatch(/public port 2323 protocol TCP to local port 23 liftime 1800/);
    expect(of(CAMERA)).toMatchObject([
      {
        severity: 'high',
        evidence: {
          mapping: { by: 'nat-pmp', protocol: 'tcp', externalPort: 2323, internalPort: 23, lease: 1800 },
          granted: true,
          closedAt: expect.any(String),
        },
      },
      {
        severity: 'low',
        evidence: {
          mapping: { by: 'nat-pmp', protocol: 'udp', externalPort: 40_000, internalPort: 40_001, lease: 120 },
          granted: true,
        },
      },
    ]);
    expect(of(CAMERA).map(({ evidence }) => 'closedAt' in evidence)).toEqual([true, false]);
  });

  it('PCP: the same', () => {
    // Version 2, MAP answered, result 0.
    for (const key of ['pcp', 'second', 'pcp ends']) expect(said.get(key)).toMatch(/^02810000/);
    expect(of(BOX)).toMatchObject([
      {
        severity: 'high',
        evidence: {
          mapping: { by: 'pcp', protocol: 'tcp', externalPort: 2222, internalPort: 22, lease: 900 },
          granted: true,
          closedAt: expect.any(String),
        },
      },
      {
        severity: 'low',
        evidence: {
          mapping: { by: 'pcp', protocol: 'tcp', externalPort: 32_400, internalPort: 32_400, lease: 600 },
          granted: true,
        },
      },
    ]);
  });

  it('UPnP for IPv6: a hole that was refused, one that was opened, and its end', () => {
    expect(said.get('refused hole')).toContain('failed with code 606');
    expect(said.get('hole ends')).toContain('UPNP_DeletePinhole() returned : 0');
    const internalClient = home.device(NAS.name).ipv6[0];
    const hole = { by: 'upnp', protocol: 'tcp', externalPort: null, internalClient, lease: 3600 };
    expect(of(NAS)).toMatchObject([
      { severity: 'high', evidence: { mapping: { ...hole, internalPort: 2323 }, refusedWith: 606 } },
      {
        severity: 'low',
        evidence: { mapping: { ...hole, internalPort: 8443 }, granted: true, closedAt: expect.any(String) },
      },
    ]);
    expect(of(NAS)[0]?.evidence).not.toHaveProperty('granted');
  });

  it('is all there is: nobody opened anything else', () => {
    expect(report.incidents.map(({ device, kind }) => `${device} ${kind}`).toSorted()).toEqual([
      ...Array(2).fill(`${BOX.mac} port_mapping`),
      ...Array(2).fill(`${NAS.mac} port_mapping`),
      ...Array(3).fill(`${CONSOLE.mac} port_mapping`),
      ...Array(2).fill(`${CAMERA.mac} port_mapping`),
    ]);
  });
});
