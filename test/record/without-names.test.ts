// What strangers may read: the sentences of each incident without a name that the home has given, where the page has them all.
import { expect, test } from 'vitest';
import type { Incident } from '../../sensor/record/incident.ts';
import { type Nameless, withoutNames } from '../../sensor/record/without-names.ts';
import { upnp } from '../../sensor/self-test/frames/doors.ts';
import { dhcpRequest, mail, visit } from '../support/name-frames.ts';
import { anIncident } from '../support/small-home.ts';
import { BRIDGE, CAMERA, DAY, FRIDGE, GATEWAY, HOUR, MAIL_SERVER, SECOND, START, Stage } from '../support/stage.ts';

const nameless = ({ spine }: Stage, incident: Incident): Nameless =>
  withoutNames(incident, {
    describer: spine.recorder.describer,
    knowledge: spine.knowledge,
    device: (mac) => spine.engine.devices.get(mac),
  });
const textOf = ({ advice, summary, who }: Nameless) => [who, summary, ...advice].join('\n');

test('a device is told by its maker and the end of its address, an outbreak by those of each', () => {
  const stage = new Stage();
  stage.play(
    dhcpRequest(CAMERA.mac, [[12, 'lenas-camera']], START),
    dhcpRequest(FRIDGE.mac, [[12, 'lenas-fridge']], START),
    ...[CAMERA, FRIDGE, BRIDGE].map((host, n) =>
      visit(host, '198.51.100.30', START + HOUR + n, { host: 'cdn.bad.example' }),
    ),
    mail(CAMERA, MAIL_SERVER, START + DAY),
    mail(FRIDGE, MAIL_SERVER, START + DAY + SECOND),
    mail(BRIDGE, MAIL_SERVER, START + DAY + 2 * SECOND),
    upnp({ description: 'Lenas Plex' }, START + DAY + HOUR),
  );
  stage.run({ type: 'rename', device: BRIDGE.mac, label: 'Lena upstairs' });
  stage.finish();
  const incidents = [...stage.spine.recorder.incidents.values()];
  const told = incidents.map((incident) => textOf(nameless(stage, incident)));
  expect(
    incidents
      .map(({ summary }) => summary)
      .join('\n')
      .match(/lena/gi)?.length,
  ).toBeGreaterThan(6);
  expect(told.join('\n')).not.toMatch(/lena/i);
  const of = (kind: string) => told.filter((_, n) => incidents[n]?.kind === kind).join('\n');
  expect(of('mail_started')).toMatch(
    /^Espressif Inc\. \(…:be:ef\)\nEspressif Inc\. \(…:be:ef\) is trying to reach mail servers/,
  );
  expect(of('outbreak')).toMatch(
    /\(…:02:03\), .*\(…:0b:0c\) and Espressif Inc\. \(…:be:ef\) began to send mail after .*cdn\.bad\.example/,
  );
  expect(of('port_mapping')).toMatch(
    /asked the router to open port 8080 \(TCP\) for port 80 of 192\.168\.1\.50, for 60 minutes\.$/m,
  );
});

test('of one behind a router there is its address, and of the router the end of its own', () => {
  const stage = new Stage();
  const behind = { mac: FRIDGE.mac, name: 'lenas-router', kind: 'router', who: 'address' };
  const incident = anIncident({
    device: FRIDGE.mac,
    evidence: { attempts: 1, behind, innerAddress: '192.168.36.152' },
  });
  const { summary, who } = nameless(stage, incident);
  expect(who).toBe('A device at 192.168.36.152');
  expect(summary).toMatch(/^A device at 192\.168\.36\.152, behind the router …:02:03, is trying/);
});

test('the router and the sensor are called what they are', () => {
  const stage = new Stage({ sensorMac: CAMERA.mac });
  stage.play(
    dhcpRequest(CAMERA.mac, [[12, 'lenas-pi']], START),
    visit(BRIDGE, '198.51.100.30', START, { host: 'cdn.example' }),
    mail(CAMERA, MAIL_SERVER, START + HOUR),
    mail({ ...GATEWAY }, MAIL_SERVER, START + HOUR + SECOND),
  );
  stage.finish();
  const summaries = [...stage.spine.recorder.incidents.values()]
    .filter(({ kind }) => kind === 'mail_started')
    .map((incident) => nameless(stage, incident).summary);
  expect(summaries).toEqual([
    expect.stringMatching(/^This sensor itself is trying/),
    expect.stringMatching(/^The router \(…:11:00\) is trying/),
  ]);
});

test('names that only the home knows are left out of where something went, public ones stay', () => {
  const stage = new Stage();
  const told = (name: string) => {
    const evidence = { attempts: 1, connected: 1, lastDestination: { ip: '192.0.2.1', name, port: 587 } };
    return nameless(stage, anIncident({ kind: 'submission_started', evidence })).summary;
  };
  expect(told('lenas-nas.fritz.box')).toMatch(/server \(a host of the home, port 587\)/);
  expect(told('mail.lena.home.arpa')).not.toMatch(/lena/);
  expect(told('smtp.example.net')).toMatch(/server \(smtp\.example\.net, port 587\)/);
  // The zone is that of the whole name.
  for (const name of ['smtp.lan.example.net', 'home.example.net', 'mail.localhost.example'])
    expect(told(name)).toContain(`server (${name}, port 587)`);
  for (const name of ['nas.LAN', 'nas.local.', 'nas.intranet', 'nas.corp'])
    expect(told(name)).toContain('server (a host of the home, port 587)');
});

test('what is about nobody has its sentence as it is', () => {
  const incident = anIncident({ kind: 'sensor_blind', device: null, evidence: { vantage: 'broadcast-only' } });
  const told = nameless(new Stage(), incident);
  expect(told).toMatchObject({ who: null, summary: expect.stringMatching(/^Only broadcasts arrive/) });
});
