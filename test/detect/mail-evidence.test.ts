// Mail that shows itself without its SYN, on odd ports, and refusals by somebody on the way.
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../sensor/decode/frame.ts';
import { interestOf } from '../../sensor/decode/interest.ts';
import { DecodeCounters } from '../../sensor/decode/outcome.ts';
import { mail, ONE_MESSAGE, refusal } from '../support/name-frames.ts';
import {
  type CapturedFrame,
  ethernet,
  icmpv6Unreachable,
  ipv4,
  ipv6,
  tcp,
  tcpConversation,
} from '../support/packet-builder.ts';
import {
  at,
  CAMERA,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MAIL_SERVER6,
  MINUTE,
  outside,
  SECOND,
  START,
  Stage,
} from '../support/stage.ts';

const from = (host: { mac: string }) => (frame: CapturedFrame) =>
  frame.data.subarray(6, 12).toString('hex') === host.mac.replaceAll(':', '');
/** What the capture filter lets through. */
const filtered = (frames: CapturedFrame[]) =>
  frames.filter(({ data, time }) => {
    const packet = decodeFrame({ data, time, linkType: 1, originalLength: data.length }, new DecodeCounters());
    return packet !== null && interestOf(packet) !== null;
  });
const connected = (dialogue = ONE_MESSAGE) => mail(CAMERA, MAIL_SERVER, START, { outcome: 'connected', dialogue });
const usual = () => mail(CAMERA, '203.0.113.80', START - MINUTE, { port: 443, outcome: 'connected' });

describe('a mirror that shows the way in alone', () => {
  it("sees the device's attempt in the answer, and counts it once when the SYN comes late", () => {
    const inbound = connected().filter(from(GATEWAY));
    const stage = new Stage().play(inbound);
    expect(stage.incident('mail_started')).toMatchObject({
      device: CAMERA.mac,
      severity: 'critical',
      evidence: { attempts: 1, connected: 1, answerOnly: true },
    });
    expect(stage.incident('mail_started').summary).toContain('Only the answer to its first packet was seen.');
    const [syn, answer] = connected([]);
    if (!syn || !answer) throw new Error('no handshake');
    const swapped = new Stage().play(answer, { ...syn, time: answer.time + 2 });
    expect(swapped.incident('mail_started')).toMatchObject({ findings: 1, evidence: { attempts: 1, connected: 1 } });
    expect(swapped.incident('mail_started').summary).not.toContain('Only the answer');
  });

  it('takes a banner alone, and a refusal of a SYN', () => {
    const banner = connected().filter(from(GATEWAY)).slice(1, 2);
    expect(new Stage().play(banner).incident('mail_started').evidence).toMatchObject({ attempts: 1, connected: 1 });
    const refused = mail(CAMERA, MAIL_SERVER, START, { outcome: 'refused' }).filter(from(GATEWAY));
    expect(new Stage().play(refused).incident('mail_started').evidence).toMatchObject({ attempts: 1, refused: 1 });
  });

  it('is not fooled by a mail server inside that answers the Internet, nor by one that answers a neighbour', () => {
    const server = at(FRIDGE, FRIDGE.ip, 25);
    const stage = new Stage().play(
      usual(),
      tcpConversation({ client: outside('198.51.100.9', 40_000), server, time: START, outcome: 'connected' }).slice(1),
      tcpConversation({ client: { ...CAMERA, port: 50_000 }, server, time: START, outcome: 'connected' }).slice(1),
    );
    expect(stage.incidents('mail_started')).toEqual([]);
  });
});

describe('a connection that was there before the sensor', () => {
  it('counts by its payload, says so, and its messages count from the next one on', () => {
    const stage = new Stage().play(usual(), connected([...ONE_MESSAGE, ...ONE_MESSAGE.slice(3)]).slice(20));
    const incident = stage.incident('mail_started');
    expect(incident.evidence).toMatchObject({ attempts: 1, connected: 1, beganBefore: true, messages: 1 });
    expect(incident.summary).toContain('The connection began before the sensor looked.');
  });

  it('on a submission port as well', () => {
    const frames = mail(CAMERA, MAIL_SERVER, START, { port: 465, outcome: 'connected', dialogue: ['C: x', 'S: y'] });
    const stage = new Stage().play(usual(), frames.slice(3));
    expect(stage.incident('submission_started').evidence).toMatchObject({ attempts: 1, beganBefore: true });
  });

  it('bare acknowledgements and closings of one are no mail', () => {
    const frames = connected([]);
    const stage = new Stage().play(usual(), frames.slice(2));
    expect(stage.incidents('mail_started')).toEqual([]);
  });
});

describe('an ICMP error that quotes a SYN to a mail port', () => {
  const attempt = () =>
    tcpConversation({
      client: { ...CAMERA, port: 50_000 },
      server: outside(MAIL_SERVER, 25),
      time: START,
      isn: 7000,
      outcome: 'unanswered',
    });

  it.each([
    [13, 'administratively-prohibited'],
    [10, 'administratively-prohibited'],
    [1, 'host-unreachable'],
    [3, 'port-unreachable'],
  ])('code %i makes it refused, and says by whom', (code, reason) => {
    const stage = new Stage().play(usual(), attempt(), refusal({ code, by: '192.168.1.1' }, START + SECOND));
    stage.wait(START + 2 * MINUTE);
    const incident = stage.incident('mail_started');
    expect(incident.evidence).toMatchObject({
      attempts: 1,
      refused: 1,
      unanswered: 0,
      refusedBy: { ip: '192.168.1.1', reason },
    });
    expect(incident.summary).toContain(`1 refused, lately by 192.168.1.1: ${reason.replaceAll('-', ' ')}`);
  });

  it('after the deadline takes the missing answer back; a late SYN-ACK takes the refusal back', () => {
    const stage = new Stage().play(usual(), attempt()).wait(START + MINUTE);
    stage.play(refusal({ code: 13, by: '192.168.1.1' }, START + 2 * MINUTE));
    expect(stage.incident('mail_started').evidence).toMatchObject({ refused: 1, unanswered: 0 });
    const [, answer] = tcpConversation({
      client: { ...CAMERA, port: 50_000 },
      server: outside(MAIL_SERVER, 25),
      time: START + 3 * MINUTE,
      isn: 7000,
      outcome: 'connected',
    });
    if (answer) stage.play(answer);
    expect(stage.incident('mail_started').evidence).toMatchObject({ attempts: 1, connected: 1, refused: 0 });
  });

  it('that quotes another sequence number was made up', () => {
    const stage = new Stage().play(
      usual(),
      attempt(),
      refusal({ code: 13, by: '192.168.1.66', sequence: 1 }, START + SECOND),
    );
    expect(stage.incident('mail_started').evidence).toMatchObject({ refused: 0 });
  });

  it('is an attempt by itself where the SYN was not seen, but not of somebody else', () => {
    const stage = new Stage().play(usual(), refusal({ code: 13, by: '192.168.1.1' }, START));
    expect(stage.incident('mail_started')).toMatchObject({
      device: CAMERA.mac,
      severity: 'high',
      evidence: { attempts: 1, refused: 1, refusedBy: { ip: '192.168.1.1' } },
    });
    const forged = new Stage().play(
      usual(),
      mail(FRIDGE, '203.0.113.80', START - MINUTE, { port: 443, outcome: 'connected' }),
      refusal({ code: 13, by: '192.168.1.66', source: FRIDGE.ip }, START),
    );
    expect(forged.incidents('mail_started')).toEqual([]);
  });

  it('over IPv6', () => {
    const client = { ...CAMERA, ip: 'fd00::50', port: 50_000 };
    const server = { mac: GATEWAY.mac, ip: MAIL_SERVER6, port: 25 };
    const segment = tcp({ sourcePort: 50_000, destinationPort: 25, sequence: 7000, flags: 'S' });
    const quoted = ipv6({ source: client.ip, destination: MAIL_SERVER6 }, segment);
    const packet = ipv6({ source: 'fd00::1', destination: client.ip }, icmpv6Unreachable(1, quoted));
    const stage = new Stage().play(tcpConversation({ client, server, time: START, isn: 7000, outcome: 'unanswered' }), {
      time: START + SECOND,
      data: ethernet({ source: GATEWAY.mac, destination: CAMERA.mac }, packet),
    });
    expect(stage.incident('mail_started').evidence).toMatchObject({
      refused: 1,
      refusedBy: { ip: 'fd00::1', reason: 'administratively-prohibited' },
    });
  });
});

describe('on a port that is not for mail', () => {
  const odd = (dialogue = ONE_MESSAGE) =>
    mail(CAMERA, MAIL_SERVER, START, { port: 8025, outcome: 'connected', dialogue });

  it('messages and recipients count, though the filter drops the bodies', () => {
    const twice = [...ONE_MESSAGE, ...ONE_MESSAGE.slice(3)];
    const frames = odd(twice);
    const kept = filtered(frames);
    expect(kept.length).toBeLessThan(frames.length);
    const stage = new Stage().play(kept);
    expect(stage.incident('mail_started')).toMatchObject({
      severity: 'critical',
      evidence: {
        attempts: 1,
        connected: 1,
        messages: 2,
        recipients: 2,
        stage: 'accepted',
        dialogue: { hello: 'foreign-domain' },
      },
    });
  });

  it('a login whose answers the filter drops hides neither itself nor the message after it', () => {
    const login = [
      'C: AUTH LOGIN',
      'S: 334 VXNlcm5hbWU6',
      'C: dXNlcg==',
      'S: 334 UGFzc3dvcmQ6',
      'C: cGFzcw==',
      'S: 235 ok',
    ];
    const kept = filtered(odd([...ONE_MESSAGE.slice(0, 3), ...login, ...ONE_MESSAGE.slice(3)]));
    expect(new Stage().play(kept).incident('mail_started').evidence).toMatchObject({
      messages: 1,
      recipients: 1,
      dialogue: { authTried: true, authAccepted: true },
    });
  });

  it('a banner that no ESMTP server would send starts nothing', () => {
    const stage = new Stage().play(odd(['S: 220 ProFTPD ready', 'C: USER a', 'S: 331 password']));
    expect(stage.incidents('mail_started')).toEqual([]);
  });
});

it('a burst is described: how many to how many, and that it was silent before', () => {
  const stage = new Stage();
  const burst = Array.from({ length: 60 }, (_, i) =>
    mail(CAMERA, `198.51.100.${i % 30}`, START + HOUR + i * 5 * SECOND),
  );
  stage.play(usual(), ...burst);
  const incident = stage.incident('mail_started');
  expect(incident.evidence.burst).toEqual({ attempts: 60, servers: 30, minutes: 5, silentBefore: true });
  expect(incident.summary).toContain('60 attempts to 30 servers in 5 minutes, silent before');
  expect(stage.alerts.map(({ change }) => change)).toEqual(['opened', 'escalated']);
});

describe('the end of a connection', () => {
  /** As Exim and its like do: QUIT behind the message, then FIN; the server's last words come with its own FIN. */
  const talk = (): CapturedFrame[] => {
    const frames: CapturedFrame[] = [];
    const [client, server] = [at(CAMERA, CAMERA.ip, 45_000), outside(MAIL_SERVER, 25)];
    const next = { C: 1000, S: 9000 };
    const send = (side: 'C' | 'S', flags: string, text = '') => {
      const [source, destination] = side === 'C' ? [client, server] : [server, client];
      const fields = { sourcePort: source.port, destinationPort: destination.port, flags };
      const numbers = {
        sequence: next[side],
        acknowledgement: flags.includes('A') ? next[side === 'C' ? 'S' : 'C'] : 0,
      };
      const segment = tcp({ ...fields, ...numbers }, Buffer.from(text, 'latin1'));
      const packet = ipv4({ source: source.ip, destination: destination.ip }, segment);
      const data = ethernet({ source: source.mac, destination: destination.mac }, packet);
      frames.push({ time: START + frames.length * 10, data });
      next[side] += text.length + (/[SF]/.test(flags) ? 1 : 0);
    };
    send('C', 'S');
    send('S', 'SA');
    send('C', 'A');
    send('S', 'PA', '220 mx ESMTP\r\n');
    send('C', 'PA', 'EHLO mail.bank.example\r\n');
    send('S', 'PA', '250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n');
    send('C', 'PA', 'MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 5 LAST\r\nhello');
    send('S', 'PA', '250 ok\r\n250 ok\r\n');
    send('C', 'FPA', 'QUIT\r\n');
    send('S', 'FPA', '250- 5 octets\r\n250 queued\r\n221 bye\r\n');
    return frames;
  };
  const counted = { messages: 1, recipients: 1, bdatCommands: 1, replies2xx: 6, dialogue: { hello: 'foreign-domain' } };

  it('the verdict that comes with the last FIN counts', () => {
    const stage = new Stage().play(talk()).wait(START + MINUTE);
    expect(stage.incident('mail_started').evidence).toMatchObject(counted);
  });

  it('what is sent again after both have closed is no new dialogue', () => {
    const frames = talk();
    const again = frames.slice(-4).map((frame) => ({ ...frame, time: frame.time + SECOND }));
    const stage = new Stage().play(frames, again).wait(START + MINUTE);
    expect(stage.incident('mail_started').evidence).toMatchObject(counted);
  });
});
