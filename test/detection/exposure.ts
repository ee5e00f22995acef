// Devices that a host on the Internet reaches, by what listens there.
import { mail } from '../support/name-frames.ts';
import { CAMERA, GATEWAY, HOUR, MAIL_SERVER, MINUTE, START, TELEVISION } from '../support/stage.ts';
import type { Case, Expected } from './case.ts';
import { joins, morning, reaches, STRANGER, usual, visits, WINDOWS } from './household.ts';

const EXPOSED = { kind: 'exposed', device: CAMERA, alerts: 1 } as const;

function answersOn(port: number, service: string, severity: Expected['severity']): Case {
  return {
    name: `an answer to the Internet on port ${port} (${service}) is ${severity}`,
    home: (stage) => stage.play(morning(START - MINUTE), usual(START), reaches(CAMERA, port, START)),
    expect: [
      {
        ...{ ...EXPOSED, severity },
        evidence: { service, ports: [port], firstSource: STRANGER, sources: 1, connections: 1 },
      },
    ],
  };
}

export const EXPOSURE: readonly Case[] = [
  answersOn(23, 'telnet', 'high'),
  answersOn(2323, 'telnet', 'high'),
  answersOn(22, 'ssh', 'high'),
  answersOn(5555, 'adb', 'high'),
  answersOn(80, 'http', 'medium'),
  answersOn(554, 'rtsp', 'medium'),
  answersOn(1883, 'mqtt', 'medium'),
  answersOn(3389, 'rdp', 'medium'),
  answersOn(445, 'smb', 'medium'),
  answersOn(7547, 'tr-069', 'medium'),
  answersOn(37_777, 'dahua', 'medium'),
  {
    name: 'a scan of many ports that finds one open, from thirty hosts',
    home: (stage) => {
      const closed = [21, 22, 80, 443].map((port) => reaches(CAMERA, port, START, { outcome: 'refused' }));
      const hosts = Array.from({ length: 30 }, (_, i) =>
        reaches(CAMERA, 23, START + MINUTE * (i + 1), { source: `198.51.100.${i + 1}` }),
      );
      stage.play(usual(START), ...closed, ...hosts);
    },
    expect: [
      {
        ...{ ...EXPOSED, severity: 'high', findings: 30 },
        evidence: { ports: [23], sources: 30, connections: 30, unansweredScans: 4 },
      },
    ],
  },
  {
    name: 'reached over IPv6, where no mapping is needed',
    home: (stage) => {
      const more = { source: '2001:db8:ffff::77', server: { mac: CAMERA.mac, ip: 'fd00::50', port: 22 } };
      stage.play(usual(START), reaches(CAMERA, 22, START, more));
    },
    expect: [{ ...EXPOSED, severity: 'high', evidence: { service: 'ssh' } }],
  },
  {
    name: 'a mirror that shows the way in alone',
    home: (stage) => {
      const stranger = GATEWAY.mac.replaceAll(':', '');
      const frames = reaches(CAMERA, 23, START, { dialogue: ['C: root', 'C: xc3511'] });
      stage.play(
        usual(START),
        frames.filter(({ data }) => data.subarray(6, 12).toString('hex') === stranger),
      );
    },
    expect: [{ ...EXPOSED, severity: 'high', evidence: { service: 'telnet', connections: 1 } }],
  },
  {
    name: 'a peer of a file sharing program on a computer is low',
    home: (stage) => stage.play(joins(WINDOWS, START - MINUTE), usual(START), reaches(WINDOWS, 51_413, START)),
    expect: [{ ...EXPOSED, device: WINDOWS, severity: 'low', evidence: { service: 'other' } }],
  },
  {
    name: 'remote desktop on a computer is more than that',
    home: (stage) => stage.play(joins(WINDOWS, START - MINUTE), usual(START), reaches(WINDOWS, 3389, START)),
    expect: [{ ...EXPOSED, device: WINDOWS, severity: 'medium', evidence: { service: 'rdp' } }],
  },
  {
    name: 'somebody logs in by telnet, and an hour later the device mails',
    home: (stage) => {
      const shell = Array.from({ length: 20 }, () => ['C: a long line of shell', 'S: and its answer']).flat();
      stage.play(
        usual(START),
        reaches(CAMERA, 23, START, { dialogue: shell }),
        mail(CAMERA, MAIL_SERVER, START + HOUR),
      );
    },
    expect: [
      { ...EXPOSED, severity: 'high' },
      {
        ...{ kind: 'mail_started', device: CAMERA, severity: 'critical' },
        evidence: { stage: 'corroborated', supportedBy: ['exposed'] },
        before: ['remote_login', 'inbound_connection', 'backend_new'],
      },
    ],
  },
  {
    name: 'a port that a person opened on purpose, and another that nobody did',
    settled: (stage) => {
      stage.play(usual(START), reaches(CAMERA, 443, START));
      stage.run({ type: 'expect', incident: stage.incident('exposed').id, until: null });
    },
    home: (stage) =>
      stage.play(
        reaches(CAMERA, 443, START + HOUR, { source: '203.0.113.9' }),
        reaches(CAMERA, 8443, START + 2 * HOUR),
        visits({ mac: TELEVISION.mac, ip: TELEVISION.ip }, CAMERA, 80, START + 3 * HOUR),
      ),
    expect: [{ ...EXPOSED, severity: 'medium', findings: 2, evidence: { ports: [443, 8443] } }],
  },
];
