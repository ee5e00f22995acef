// Mail on port 25 and elsewhere, in the clear: how much of it is counted, whatever the segments look like.
import { DIALOGUES } from '../support/dialogues.ts';
import { mail, visit } from '../support/name-frames.ts';
import { arp, type CapturedFrame, type ConversationFields, ethernet, wrapAll } from '../support/packet-builder.ts';
import {
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  MAIL_SERVER,
  MAIL_SERVER6,
  MINUTE,
  outside,
  SECOND,
  START,
} from '../support/stage.ts';
import type { Case, Expected } from './case.ts';
import { bytes, message, morning, talks } from './household.ts';
import { tagged } from './innocent-homes-links.ts';

const ALARM = { kind: 'mail_started', device: CAMERA, severity: 'critical' } as const;

/** The camera says this to a mail server, `change` tampers with the frames. */
function says(
  name: string,
  dialogue: NonNullable<ConversationFields['dialogue']>,
  evidence: Expected['evidence'] & object,
  change: (frames: CapturedFrame[]) => CapturedFrame[] = (frames) => frames,
): Case {
  return {
    name,
    home: (stage) => stage.play(morning(START - MINUTE), change(talks(CAMERA, MAIL_SERVER, 25, START, dialogue))),
    expect: [{ ...ALARM, findings: 1, evidence: { attempts: 1, connected: 1, ...evidence } }],
  };
}

const recorded = (name: string) => bytes(...(DIALOGUES[name] ?? []));
const ONE = { messages: 1, recipients: 1, stage: 'accepted' };
const TWO_CHUNKS = { messages: 1, recipients: 1, bdatCommands: 2 };

/** Frames 3 to 14 hold the dialogue up to the body. */
const swapped = (frames: CapturedFrame[]) =>
  frames.map((frame, i) => ({ ...frame, time: i === 6 || i === 8 ? frame.time + (i === 6 ? 25 : -15) : frame.time }));
const sentAgain = (frames: CapturedFrame[]) =>
  frames.flatMap((frame) => [frame, { ...frame, time: frame.time + 400 }]).sort((a, b) => a.time - b.time);
const withoutBody = (frames: CapturedFrame[]) => frames.filter(({ data }) => !data.includes('Subject: x'));

/** What the router got of a device, a moment before it got it: its own MAC, one hop less. */
const handedOn = (frames: CapturedFrame[]) =>
  frames
    .filter(({ data }) => data.toString('hex', 6, 12) === CAMERA.mac.replaceAll(':', ''))
    .map(({ data, time }) => {
      const leg = Buffer.concat([Buffer.from('02005e000001', 'hex'), data.subarray(0, 6), data.subarray(12)]);
      leg[22] = (leg[22] ?? 0) - 1;
      return { data: leg, time: time - 7 };
    });

function claims(device: { mac: string }, ip: string, time: number): CapturedFrame {
  const asked = arp({ operation: 'request', senderMac: device.mac, senderIp: ip, targetIp: GATEWAY.ip });
  return { time, data: ethernet({ source: device.mac, destination: 'ff:ff:ff:ff:ff:ff' }, asked) };
}

export const MAIL: readonly Case[] = [
  {
    name: 'the first SYN to port 25 is enough',
    home: (stage) => stage.play(morning(START - MINUTE), mail(CAMERA, MAIL_SERVER, START).slice(0, 1)),
    expect: [{ ...ALARM, severity: 'high', findings: 1, evidence: { attempts: 1, unanswered: 1 }, alerts: 1 }],
  },
  {
    name: 'a mail server that refuses the connection',
    home: (stage) => stage.play(morning(START - MINUTE), mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' })),
    expect: [{ ...ALARM, severity: 'high', evidence: { attempts: 1, refused: 1, connected: 0 }, alerts: 1 }],
  },
  {
    name: 'ten mails in two weeks, each to a server of its own',
    home: (stage) => {
      for (let i = 0; i < 10; i++)
        stage.play(talks(CAMERA, `198.51.100.${i + 1}`, 25, START + i * 1.4 * DAY, message()));
    },
    expect: [{ ...ALARM, findings: 10, evidence: { attempts: 10, connected: 10, messages: 10, stage: 'fan-out' } }],
  },
  says('one message to one recipient', message(), ONE),
  ...(['tzsp', 'erspan1', 'erspan2', 'erspan3', 'gre', 'vxlan'] as const).map((wrapping) =>
    says(`one message, as a remote mirror sends it in ${wrapping}, some of it in fragments`, message(), ONE, (frames) =>
      wrapAll(frames, wrapping, { mtu: 120 }),
    ),
  ),
  says('one message inside PPPoE with a protocol field of one octet', message(), ONE, (frames) =>
    frames.map((frame) => tagged(frame, { pppoe: 7, vlans: [7], compressed: true })),
  ),
  says('one message to seven recipients', message(7), { messages: 1, recipients: 7 }),
  says('two messages on one connection', recorded('two mails'), { messages: 2, recipients: 2 }),
  says('commands and bodies pipelined, one recipient refused', recorded('pipelined'), {
    ...{ messages: 2, recipients: 2, recipientsRefused: 1, mailCommands: 2, rcptCommands: 3 },
  }),
  says('everything sent before the server says a word', recorded('without waiting for anything'), ONE),
  says('DATA refused at first', recorded('DATA refused, then again'), { ...ONE, replies4xx: 1, dataCommands: 2 }),
  says('a body in chunks (BDAT)', recorded('chunks'), TWO_CHUNKS),
  says('a server that ends its lines with bare line feeds', recorded('bare line feeds'), ONE),
  says('addresses and bodies in eight bits', recorded('SMTPUTF8 and eight bits'), ONE),
  says(
    'commands cut in the middle by segments',
    message().flatMap((line) => {
      const [from, text] = [line.startsWith('S') ? 'S' : 'C', `${line.slice(3)}\r\n`] as const;
      return bytes([from, text.slice(0, 5)], [from, text.slice(5)]);
    }),
    ONE,
  ),
  says('segments that come in the wrong order', message(), ONE, swapped),
  says('every segment sent twice', message(), ONE, sentAgain),
  says('a body that was not captured', message(), { ...ONE, gaps: 1 }, withoutBody),
  says('an EHLO in the name of a bank', message(1, 'mail.bank.example'), { dialogue: { hello: 'foreign-domain' } }),
  says('an EHLO with an address', message(1, '[192.168.1.50]'), { dialogue: { hello: 'address-literal' } }),
  says("an EHLO with the device's own name", message(1, 'camera.local'), { dialogue: { hello: 'own-name' } }),
  says('a login before the message', recorded('a login'), {
    ...ONE,
    dialogue: { authOffered: true, authTried: true, authAccepted: true },
  }),
  says('STARTTLS hides what follows', recorded('TLS begins'), {
    ...{ messages: 0, stage: 'connected' },
    dialogue: { startTlsOffered: true, startTls: true },
  }),
  says(
    'a server that refuses a listed address',
    ['S: 554 5.7.1 Service unavailable; client host [198.51.100.9] blocked using zen.spamhaus.org'],
    { messages: 0, replies5xx: 1, dialogue: { blockListed: true } },
  ),
  says(
    'a server that asks to come again later names no block list',
    [...message().slice(0, 5), 'C: RCPT TO:<c@d.example>', 'S: 450 4.2.0 Greylisted, try again in 300 seconds'],
    { messages: 0, recipients: 0, recipientsRefused: 1, replies4xx: 1, dialogue: { blockListed: false } },
  ),
  {
    name: 'SMTP on port 8025',
    home: (stage) => stage.play(morning(START - MINUTE), talks(CAMERA, MAIL_SERVER, 8025, START, message())),
    expect: [{ ...ALARM, evidence: { attempts: 1, ...ONE }, says: /on a port that is not for mail/ }],
  },
  {
    name: 'SMTP on port 443',
    home: (stage) => stage.play(morning(START - MINUTE), talks(CAMERA, MAIL_SERVER, 443, START, message())),
    expect: [{ ...ALARM, evidence: { attempts: 1, messages: 1 }, says: /on a port that is not for mail/ }],
  },
  {
    name: 'over IPv6',
    home: (stage) => stage.play(talks({ ...CAMERA, ip: CAMERA.ip6 }, MAIL_SERVER6, 25, START, message())),
    expect: [{ ...ALARM, evidence: { attempts: 1, ...ONE, lastDestination: { ip: MAIL_SERVER6, port: 25 } } }],
  },
  {
    name: 'behind two VLAN tags and PPPoE',
    home: (stage) => stage.play(talks(CAMERA, MAIL_SERVER, 25, START, message(), { vlans: [100, 20], pppoe: 7 })),
    expect: [{ ...ALARM, evidence: { attempts: 1, ...ONE } }],
  },
  {
    name: 'a mirror that sends every frame twice',
    home: (stage) => {
      const once = talks(CAMERA, MAIL_SERVER, 25, START, message());
      stage.play(
        once,
        once.map((frame) => ({ ...frame, time: frame.time + 1 })),
      );
    },
    expect: [{ ...ALARM, findings: 1, evidence: { attempts: 1, ...ONE } }],
  },
  {
    name: 'what the camera sends, first as a router handed it on',
    home: (stage) => {
      const once = talks(CAMERA, MAIL_SERVER, 25, START, message());
      stage.play(once, handedOn(once));
    },
    expect: [{ ...ALARM, findings: 1, evidence: { attempts: 1, ...ONE } }],
    shows: [{ device: GATEWAY, report: { mail: { attempts: 0 } } }],
  },
  {
    name: 'a scan of five hundred mail servers',
    home: (stage) => {
      for (let i = 0; i < 500; i++) stage.play(mail(CAMERA, `203.0.${113 + (i >> 8)}.${i & 255}`, START + i * SECOND));
    },
    expect: [{ ...ALARM, evidence: { attempts: 500, unanswered: 500, stage: 'fan-out' }, findings: 500 }],
  },
  {
    name: 'the SYN sent again is the same attempt; two devices are two incidents',
    home: (stage) => {
      const again = { outcome: 'unanswered', retransmitSyn: 4 } as const;
      const server = outside(MAIL_SERVER, 25);
      stage.play(talks(CAMERA, MAIL_SERVER, 25, START, [], { ...again, server }), mail(FRIDGE, MAIL_SERVER, START));
    },
    expect: [
      { ...ALARM, severity: 'high', findings: 1, evidence: { attempts: 1 } },
      { ...ALARM, severity: 'high', device: FRIDGE, findings: 1, evidence: { attempts: 1 } },
    ],
  },
  {
    name: 'another device claims the address for a moment while the camera waits for an answer: it is one incident',
    home: (stage) =>
      stage
        .play(
          morning(START - MINUTE),
          visit(CAMERA, '203.0.113.80', START - SECOND),
          mail(CAMERA, MAIL_SERVER, START),
          claims(FRIDGE, CAMERA.ip, START + 5 * SECOND),
        )
        .wait(START + 40 * SECOND)
        .play(mail(CAMERA, '203.0.113.26', START + MINUTE), claims(FRIDGE, CAMERA.ip, START + MINUTE + SECOND))
        .wait(START + 2 * MINUTE)
        .play(mail(CAMERA, '203.0.113.27', START + 3 * MINUTE)),
    expect: [
      {
        ...ALARM,
        severity: 'high',
        findings: 3,
        alerts: 1,
        evidence: { attempts: 3, unanswered: 3 },
        says: /to 3 servers/,
      },
    ],
  },
];
