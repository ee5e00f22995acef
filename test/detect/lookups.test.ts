// Lookups of mail servers and block lists: a note alone, more about the home's own address, and a second sign beside mail.
// Resolvers, mail servers and spam filters do the same for a living.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode, streamEncode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { asks, datagram, dhcpAck, dnsAnswer, mail, mdns, phoneJoins } from '../support/name-frames.ts';
import { tcpConversation } from '../support/packet-builder.ts';
import {
  at,
  CAMERA,
  DAY,
  FRIDGE,
  GATEWAY,
  HOUR,
  MAIL_SERVER,
  MINUTE,
  outside,
  PHONE,
  RESOLVER,
  SECOND,
  START,
  Stage,
  TELEVISION,
} from '../support/stage.ts';

const hole = { ...RESOLVER, port: 53 };
const zen = (ip: string, zone = 'zen.spamhaus.org') => `${ip.split('.').reverse().join('.')}.${zone}`;
const kinds = (stage: Stage) => stage.incidents().map(({ kind, severity }) => `${kind} ${severity}`);

describe('alone', () => {
  it('an MX question is a note', () => {
    const stage = new Stage().play(asks(CAMERA, 'example.net', 'MX', START));
    expect(stage.incident('mail_lookup')).toMatchObject({
      severity: 'info',
      device: CAMERA.mac,
      evidence: { mx: 1, dnsbl: 0 },
    });
    expect(stage.device(CAMERA).lookups).toEqual({ mx: 1, dnsbl: 0 });
  });

  it('so is a question to a block list, whatever its type, case and resolver', () => {
    const stage = new Stage().play(
      asks(CAMERA, zen('198.51.100.9').toUpperCase(), 'A', START, { resolver: outside('9.9.9.9', 53) }),
      asks(CAMERA, zen('198.51.100.10'), 'TXT', START + SECOND),
      asks(CAMERA, 'shop.example.dbl.spamhaus.org', 'A', START + 2 * SECOND),
    );
    expect(stage.incident('mail_lookup')).toMatchObject({
      severity: 'info',
      evidence: { mx: 0, dnsbl: 3, lists: ['dbl.spamhaus.org', 'zen.spamhaus.org'] },
    });
  });

  it('over TCP and IPv6 as well', () => {
    const query = streamEncode({ type: 'query', id: 7, questions: [{ type: 'MX', name: 'example.net' }] });
    const stage = new Stage().play(
      tcpConversation({
        client: { mac: CAMERA.mac, ip: 'fd00::50', port: 41_000 },
        server: { mac: GATEWAY.mac, ip: 'fd00::1', port: 53 },
        time: START,
        outcome: 'connected',
        dialogue: [{ from: 'C', bytes: query }],
      }),
    );
    expect(stage.device(CAMERA).lookups).toEqual({ mx: 1, dnsbl: 0 });
  });

  it('a question that is sent again with the same id counts once', () => {
    const again = { id: 4711 };
    const stage = new Stage().play(
      asks(CAMERA, 'example.net', 'MX', START, again),
      asks(CAMERA, 'example.net', 'MX', START + 2 * SECOND, again),
      asks(CAMERA, 'example.net', 'MX', START + MINUTE, again),
    );
    expect(stage.device(CAMERA).lookups.mx).toBe(2);
  });

  it('other questions, answers, and names under no known list are nothing', () => {
    const stage = new Stage().play(
      asks(CAMERA, 'example.net', 'A', START),
      asks(CAMERA, '9.100.51.198.in-addr.arpa', 'A', START),
      datagram(
        { ...GATEWAY, port: 53 },
        { ...CAMERA, port: 40_001 },
        dnsAnswer(zen('198.51.100.9'), ['127.0.0.2']),
        START,
      ),
      mdns(CAMERA, [{ type: 'A', name: 'mx.local', data: CAMERA.ip, ttl: 120 }], START),
    );
    expect(stage.incidents()).toEqual([]);
  });

  it('which domains it asked about is not kept', () => {
    const stage = new Stage().play(
      asks(CAMERA, 'private-person.example', 'MX', START),
      asks(CAMERA, 'private-shop.example.dbl.spamhaus.org', 'A', START),
      asks(CAMERA, zen('198.51.100.9'), 'A', START),
    );
    expect(JSON.stringify(stage.finish())).not.toMatch(/private-|198\.51\.100\.9/);
    expect(JSON.stringify(stage.spine.store.loadMemories())).not.toMatch(/private-|198\.51\.100\.9/);
  });
});

describe("about the home's own address", () => {
  it('a device that asks several lists about one address alone is told of', () => {
    const stage = new Stage().play(
      asks(CAMERA, zen('198.51.100.9'), 'A', START),
      asks(CAMERA, zen('198.51.100.9', 'bl.spamcop.net'), 'A', START + SECOND),
      asks(CAMERA, zen('198.51.100.9', 'dnsbl.sorbs.net'), 'A', START + 2 * SECOND),
    );
    expect(kinds(stage)).toEqual(['mail_lookup info']);
    stage.wait(START + 2 * MINUTE);
    expect(stage.incident('mail_lookup')).toMatchObject({
      severity: 'medium',
      evidence: { ownAddress: 'probably', dnsbl: 3 },
    });
  });

  it('is told at the end of a capture that ends before it is certain', () => {
    const stage = new Stage().play(
      asks(CAMERA, zen('198.51.100.9'), 'A', START),
      asks(CAMERA, zen('198.51.100.9', 'bl.spamcop.net'), 'A', START + SECOND),
    );
    stage.finish();
    expect(stage.incident('mail_lookup')).toMatchObject({
      severity: 'medium',
      lastAt: new Date(START + SECOND).toISOString(),
    });
  });

  it('a spam filter asks about many addresses, or domains besides: a note', () => {
    const many = ['198.51.100.9', '198.51.100.10'].flatMap((ip) =>
      ['zen.spamhaus.org', 'bl.spamcop.net'].map((zone) => asks(CAMERA, zen(ip, zone), 'A', START)),
    );
    const mixed = [
      ...['zen.spamhaus.org', 'bl.spamcop.net'].map((zone) => asks(FRIDGE, zen('198.51.100.9', zone), 'A', START)),
      asks(FRIDGE, 'shop.example.multi.uribl.com', 'A', START),
    ];
    const stage = new Stage().play(many, mixed);
    stage.finish();
    expect(kinds(stage)).toEqual(['mail_lookup info', 'mail_lookup info']);
  });

  it("its own IPv6 address is the home's", () => {
    const stage = new Stage().play(
      // It is seen to hold the address.
      asks({ mac: CAMERA.mac, ip: 'fd00::50' }, 'example.net', 'A', START, {
        resolver: { mac: GATEWAY.mac, ip: 'fd00::1', port: 53 },
      }),
    );
    const held = 'fd000000000000000000000000000050'.split('').reverse().join('.');
    stage.play(asks(CAMERA, `${held}.zen.spamhaus.org`, 'A', START + SECOND));
    expect(stage.incident('mail_lookup')).toMatchObject({ severity: 'medium', evidence: { ownAddress: 'yes' } });
  });

  it('the public address that a device was told is known for all', () => {
    const stage = new Stage().play(
      datagram(
        outside('208.67.222.222', 53),
        { ...TELEVISION, port: 40_001 },
        dnsAnswer('myip.opendns.com', ['198.51.100.9']),
        START,
      ),
      asks(CAMERA, zen('198.51.100.9'), 'A', START + SECOND),
    );
    expect(stage.incident('mail_lookup')).toMatchObject({ severity: 'medium', evidence: { ownAddress: 'yes' } });
    expect(stage.incident('mail_lookup').summary).toContain("this home's own address");
  });
});

describe('who does it for others', () => {
  it('a resolver that was seen to answer a neighbour is not accused of what it passes on', () => {
    const answer = (time: number) =>
      datagram(hole, { ...CAMERA, port: 40_001 }, dnsAnswer('a.example', ['203.0.113.80']), time);
    const stage = new Stage().play(
      asks(CAMERA, 'a.example', 'A', START, { resolver: hole }),
      answer(START + 10),
      asks(RESOLVER, 'example.net', 'MX', START + MINUTE),
      asks(RESOLVER, zen('198.51.100.9'), 'A', START + MINUTE),
    );
    expect(stage.incidents()).toEqual([]);
    expect(stage.device(RESOLVER).lookups).toEqual({ mx: 0, dnsbl: 0 });
  });

  it('nor one that DHCP names, where the mirror does not show the neighbours talk to it', () => {
    const stage = new Stage().play(
      dhcpAck(CAMERA, START, [[6, Buffer.from([192, 168, 1, 53])]]),
      asks(RESOLVER, 'example.net', 'MX', START + MINUTE),
    );
    expect(stage.incidents()).toEqual([]);
  });

  it('nor either of them after a restart, before they have answered anybody again', () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-resolvers-'));
    const asksLists = (host: { mac: string; ip: string }, time: number) =>
      ['zen.spamhaus.org', 'bl.spamcop.net'].map((zone) => asks(host, zen('198.51.100.9', zone), 'A', time));
    try {
      const announced = { mac: 'b8:27:eb:00:00:54', ip: '192.168.1.54' };
      const first = new Stage({ stateDir }).play(
        datagram(hole, { ...CAMERA, port: 40_001 }, dnsAnswer('a.example', ['203.0.113.80']), START),
        asks(CAMERA, 'a.example', 'A', START + SECOND),
        datagram(hole, { ...CAMERA, port: 40_001 }, dnsAnswer('b.example', ['203.0.113.80']), START + 2 * SECOND),
        dhcpAck(CAMERA, START, [[6, Buffer.from([192, 168, 1, 54])]]),
        asksLists(announced, START + MINUTE),
      );
      first.spine.close();
      const second = new Stage({ stateDir }).play(asksLists(hole, START + HOUR), asksLists(announced, START + HOUR));
      expect(second.finish().incidents).toEqual([]);
      second.spine.close();
    } finally {
      rmSync(stateDir, { recursive: true });
    }
  });

  it('but who asked it is', () => {
    const stage = new Stage().play(
      dhcpAck(CAMERA, START, [[6, Buffer.from([192, 168, 1, 53])]]),
      asks(CAMERA, 'example.net', 'MX', START + MINUTE, { resolver: hole }),
      asks(RESOLVER, 'example.net', 'MX', START + MINUTE + 5),
    );
    expect(stage.incident('mail_lookup')).toMatchObject({ device: CAMERA.mac, evidence: { mx: 1 } });
  });

  it('and a resolver that mails is an alarm all the same', () => {
    const stage = new Stage().play(
      dhcpAck(CAMERA, START, [[6, Buffer.from([192, 168, 1, 53])]]),
      asks(RESOLVER, 'example.net', 'MX', START + MINUTE),
      mail(RESOLVER, MAIL_SERVER, START + 2 * MINUTE),
    );
    expect(kinds(stage)).toEqual(['mail_started high']);
  });

  it('the router asks for the whole home', () => {
    const stage = new Stage().play(
      mail(CAMERA, MAIL_SERVER, START - MINUTE, { port: 443, outcome: 'connected' }),
      asks(GATEWAY, 'example.net', 'MX', START, { resolver: { mac: '02:00:5e:00:00:01', ip: '9.9.9.9', port: 53 } }),
    );
    expect(stage.incidents()).toEqual([]);
  });

  it('a mail server asks about the hosts that connect to it', () => {
    const server = at(FRIDGE, FRIDGE.ip, 25);
    const stage = new Stage().play(
      mail(CAMERA, MAIL_SERVER, START - MINUTE, { port: 443, outcome: 'connected' }),
      tcpConversation({ client: outside('198.51.100.9', 40_000), server, time: START, outcome: 'connected' }),
      ...['zen.spamhaus.org', 'bl.spamcop.net', 'b.barracudacentral.org'].map((zone, i) =>
        asks(FRIDGE, zen('198.51.100.9', zone), 'A', START + SECOND + i),
      ),
      asks(FRIDGE, 'sender.example', 'MX', START + 2 * SECOND),
    );
    stage.finish();
    expect(kinds(stage).filter((kind) => kind.startsWith('mail_lookup'))).toEqual([]);
  });

  it('a telephone that looks up its provider sets up a mail program; block lists are none of its business', () => {
    const stage = new Stage().play(phoneJoins(START), asks(PHONE, 'provider.example', 'MX', START + SECOND));
    expect(stage.incidents()).toEqual([]);
    expect(stage.device(PHONE).lookups.mx).toBe(1);
    stage.play(asks(PHONE, zen('198.51.100.9'), 'A', START + MINUTE));
    expect(kinds(stage)).toEqual(['mail_lookup info']);
  });

  it('whose mail is expected may look up where it goes', () => {
    const stage = new Stage().play(mail(CAMERA, MAIL_SERVER, START, { port: 587, outcome: 'connected' }));
    stage.run({ type: 'expect', incident: stage.incident('submission_started').id, until: null });
    stage.play(asks(CAMERA, 'provider.example', 'MX', START + 2 * DAY));
    expect(stage.incidents('mail_lookup')).toEqual([]);
  });
});

describe('with mail inside a day', () => {
  it('a lookup before it becomes part of the mail incident, which is critical', () => {
    const stage = new Stage().play(asks(CAMERA, 'example.net', 'MX', START), mail(CAMERA, MAIL_SERVER, START + HOUR));
    expect(kinds(stage)).toEqual(['mail_started critical']);
    const incident = stage.incident('mail_started');
    expect(incident.evidence).toMatchObject({
      stage: 'corroborated',
      supportedBy: ['mail_lookup'],
      lookups: { mx: 1, dnsbl: 0 },
    });
    expect(incident.before.map(({ kind, text }) => [kind, text])).toEqual([
      ['mail_lookup', 'Looked up mail servers (1 question).'],
    ]);
    expect(stage.alerts.map(({ change, kind }) => `${change} ${kind}`)).toEqual([
      'opened mail_lookup',
      'opened mail_started',
      'escalated mail_started',
    ]);
  });

  it('one after it as well, and later ones only join', () => {
    const stage = new Stage().play(
      mail(CAMERA, MAIL_SERVER, START),
      asks(CAMERA, zen('198.51.100.9'), 'A', START + HOUR),
      asks(CAMERA, zen('198.51.100.9'), 'A', START + 2 * HOUR),
    );
    expect(kinds(stage)).toEqual(['mail_started critical']);
    expect(stage.incident('mail_started').evidence.lookups).toEqual({ mx: 0, dnsbl: 2 });
    expect(stage.alerts.filter(({ change }) => change === 'escalated')).toHaveLength(1);
  });

  it('two days apart they are two stories', () => {
    const stage = new Stage().play(
      asks(CAMERA, 'example.net', 'MX', START),
      mail(CAMERA, MAIL_SERVER, START + 2 * DAY),
    );
    expect(kinds(stage)).toEqual(['mail_lookup info', 'mail_started high']);
  });

  it("another device's lookup says nothing of this one", () => {
    const stage = new Stage().play(asks(FRIDGE, 'example.net', 'MX', START), mail(CAMERA, MAIL_SERVER, START + HOUR));
    expect(kinds(stage).sort()).toEqual(['mail_lookup info', 'mail_started high']);
  });

  it('submission of a thing rises to critical, too', () => {
    const stage = new Stage().play(
      asks(CAMERA, zen('198.51.100.9'), 'A', START),
      mail(CAMERA, MAIL_SERVER, START + HOUR, { port: 587, outcome: 'connected' }),
    );
    expect(kinds(stage)).toEqual(['submission_started critical']);
  });

  it('expected mail stays expected', () => {
    const stage = new Stage().play(mail(CAMERA, MAIL_SERVER, START));
    stage.run({ type: 'expect', incident: stage.incident('mail_started').id, until: null });
    stage.play(mail(CAMERA, MAIL_SERVER, START + HOUR), asks(CAMERA, 'example.net', 'MX', START + 2 * HOUR));
    expect(stage.incident('mail_started')).toMatchObject({ state: 'expected', severity: 'high' });
  });

  it('an open door is a second sign as well', () => {
    const stage = new Stage().play(
      mail(CAMERA, '203.0.113.80', START - MINUTE, { port: 443, outcome: 'connected' }),
      tcpConversation({
        client: outside('198.51.100.77', 40_000),
        server: at(CAMERA, CAMERA.ip, 23),
        time: START,
        outcome: 'connected',
      }),
      mail(CAMERA, MAIL_SERVER, START + HOUR),
    );
    expect(kinds(stage).sort()).toEqual(['exposed high', 'mail_started critical']);
    expect(stage.incident('mail_started').evidence).toMatchObject({ stage: 'corroborated', supportedBy: ['exposed'] });
    expect(stage.incident('mail_started').summary).toContain('Besides, it was reached from the Internet.');
  });

  it('a door that was opened on purpose is no sign', () => {
    const reach = (time: number) =>
      tcpConversation({
        client: outside('198.51.100.77', 40_000),
        server: at(CAMERA, CAMERA.ip, 443),
        time,
        isn: time % 1_000_003,
        outcome: 'connected',
      });
    const usual = mail(CAMERA, '203.0.113.80', START - MINUTE, { port: 443, outcome: 'connected' });
    const stage = new Stage().play(usual, reach(START));
    stage.run({ type: 'expect', incident: stage.incident('exposed').id, until: null });
    stage.play(reach(START + 5 * DAY), mail(CAMERA, MAIL_SERVER, START + 5 * DAY + HOUR));
    expect(stage.incident('mail_started').severity).toBe('high');
  });

  it('holds over a restart between the two', () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-lookups-'));
    try {
      const first = new Stage({ stateDir }).play(asks(CAMERA, 'example.net', 'MX', START));
      first.spine.close();
      const second = new Stage({ stateDir }).play(mail(CAMERA, MAIL_SERVER, START + HOUR));
      expect(kinds(second)).toEqual(['mail_started critical']);
      second.spine.close();
      const third = new Stage({ stateDir }).play(asks(CAMERA, 'example.net', 'MX', START + 2 * HOUR));
      expect(kinds(third)).toEqual(['mail_started critical']);
      third.spine.close();
    } finally {
      rmSync(stateDir, { recursive: true });
    }
  });
});

it('a question cut short or of another opcode is none', () => {
  const query = encode({ type: 'query', id: 1, flags: 2 << 11, questions: [{ type: 'MX', name: 'example.net' }] });
  const resolver = { mac: GATEWAY.mac, ip: GATEWAY.ip, port: 53 };
  const stage = new Stage().play(
    datagram({ ...CAMERA, port: 40_001 }, resolver, query, START),
    datagram({ ...CAMERA, port: 40_001 }, resolver, query.subarray(0, 14), START),
  );
  expect(stage.incidents()).toEqual([]);
});
