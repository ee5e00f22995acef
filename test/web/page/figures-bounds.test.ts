// Whole answers of what the page works out by itself: whose destinations an incident shows, the text to share, search and order.
import { describe, expect, it } from 'vitest';
import type { ReportIncident } from '../../../sensor/record/report.ts';
import { summarize } from '../../../web/api.ts';
import { matches, ranked } from '../../../web/page/device-list.ts';
import { mailFacts } from '../../../web/page/mail-facts.ts';
import { shareText } from '../../../web/page/share-text.ts';
import type { DeviceSummary } from '../../../web/shapes.ts';
import { CAMERA, camera, HOUR, mailIncident, plainDevice } from '../../support/sample-home.ts';

const NOW = Date.parse('2026-01-20T12:30:00Z');
const NO_FACTS = { attempts: 0, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0, destinations: [] };

describe('the destinations of a mail incident', () => {
  const [template] = camera(NOW).mail.destinations;
  const startedAt = mailIncident(NOW).startedAt;
  if (template === undefined) throw new Error('the camera has destinations');
  const to = (ip: string, port: number, more = {}) => ({ ...template, ip, port, lastSeen: startedAt, ...more });
  const device = (...destinations: (typeof template)[]) => {
    const known = camera(NOW);
    return { ...known, mail: { ...known.mail, destinations } };
  };
  const shown = (incident: Partial<ReportIncident>, ...destinations: (typeof template)[]) =>
    mailFacts({ ...mailIncident(NOW), ...incident }, device(...destinations)).destinations.map(
      ({ ip, port }) => `${ip}:${port}`,
    );
  const everyPort = [25, 26, 465, 587, 2525, 930, 1174, 5050].map((port) => to('192.0.2.1', port));

  it.each<[string, Partial<ReportIncident>, number[]]>([
    ['mail, when nothing is known of its first', {}, [25]],
    ['mail, with a first that has no port', { evidence: { firstDestination: {} } }, [25]],
    ['mail, with a first in words', { evidence: { firstDestination: '192.0.2.1' } }, [25]],
    ['mail, with no first', { evidence: { firstDestination: null } }, [25]],
    ['mail that began on port 25', { evidence: { firstDestination: { port: 25 } } }, [25]],
    ['mail that began on an odd port', { evidence: { firstDestination: { port: 26 } } }, [26, 930, 1174, 5050]],
    ['submission', { kind: 'submission_started' }, [465, 587, 2525]],
    [
      'submission that began on 25',
      { kind: 'submission_started', evidence: { firstDestination: { port: 25 } } },
      [465, 587, 2525],
    ],
    ['another kind', { kind: 'mail_lookup' }, []],
  ])('are those of its ports: %s', (_name, incident, ports) => {
    expect(shown(incident, ...everyPort)).toEqual(ports.map((port) => `192.0.2.1:${port}`));
  });

  it('were seen since it started, and come most attempts first', () => {
    const before = new Date(Date.parse(startedAt) - 1).toISOString();
    const some = [to('192.0.2.1', 25, { attempts: 2 }), to('192.0.2.2', 25, { attempts: 9, lastSeen: before })];
    expect(shown({}, ...some, to('192.0.2.3', 25, { attempts: 7 }), to('192.0.2.4', 25, { attempts: 1 }))).toEqual([
      '192.0.2.3:25',
      '192.0.2.1:25',
      '192.0.2.4:25',
    ]);
  });

  it('of one behind the MAC are its first and its last alone', () => {
    const evidence = {
      innerAddress: '192.168.36.152',
      firstDestination: { ip: '192.0.2.1', port: 25 },
      lastDestination: { ip: '192.0.2.2', port: 25 },
    };
    const four = [1, 2, 3].map((end) => to(`192.0.2.${end}`, 25));
    expect(shown({ evidence }, ...four)).toEqual(['192.0.2.1:25', '192.0.2.2:25']);
    const odd = { ...evidence, firstDestination: { ip: '192.0.2.1', port: 26 }, lastDestination: null };
    expect(shown({ evidence: odd }, ...four, to('192.0.2.1', 26), to('192.0.2.1', 27))).toEqual(['192.0.2.1:26']);
    expect(shown({ evidence: { ...evidence, innerAddress: 7 } }, ...four)).toHaveLength(3);
  });

  it('stand for the counts that the evidence does not tell', () => {
    const some = [
      to('192.0.2.1', 25, { attempts: 1, connected: 2, refused: 3, unanswered: 4, messages: 5 }),
      to('192.0.2.2', 25, { attempts: 10, connected: 20, refused: 30, unanswered: 40, messages: 50 }),
    ];
    const counted = mailFacts(mailIncident(NOW), device(...some));
    expect(counted).toEqual({
      ...{ attempts: 11, connected: 22, refused: 33, unanswered: 44, messages: 55, recipients: 0 },
      destinations: [some[1], some[0]],
    });
    const evidence = { attempts: 0, connected: 100, refused: '7', messages: null, recipients: 9 };
    expect(mailFacts({ ...mailIncident(NOW), evidence }, device(...some))).toMatchObject({
      ...{ attempts: 0, connected: 100, refused: 33, unanswered: 44, messages: 55, recipients: 9 },
    });
    expect(mailFacts({ ...mailIncident(NOW), evidence: { recipients: '9' } }, null)).toEqual(NO_FACTS);
  });
});

describe('the text to share', () => {
  const times = (count: number, text: string) =>
    Array.from({ length: count }, (_, i) => text.replaceAll('#', String(i + 1)));

  it('is told whole', () => {
    const known = camera(NOW);
    const [first, second, third] = mailFacts(mailIncident(NOW), known).destinations;
    if (!first || !second || !third) throw new Error('the camera has three destinations');
    const facts = mailFacts(mailIncident(NOW), known);
    const text = shareText(mailIncident(NOW), known, {
      ...facts,
      destinations: [first, { ...second, namedToProxy: true }, { ...third, attempts: 1 }],
    });
    expect(text.split('\n')).toEqual([
      'Report from a sensor inside my home network',
      '',
      'Started sending mail: Hallway camera is sending mail to 3 servers on port 25.',
      'Severity: Critical',
      `Device: Example Electronics, ${CAMERA}`,
      'Period: 2026-01-20T07:30:00.000Z – 2026-01-20T12:21:00.000Z',
      'Connections: 27 attempts, 4 connected, 8 refused, 15 no answer seen, 3 messages accepted',
      'Destinations:',
      '- mx1.mail.example (198.51.100.25), port 25, 15 attempts',
      '- mx.other.example (by this name, through a proxy), port 25, 8 attempts',
      '- 192.0.2.25, port 25, 1 attempt',
      'Recorded before it started:',
      '- 2026-01-20T07:18:00.000Z An Internet host (203.0.113.9) opened a connection to port 8080 of this device.',
      '- 2026-01-20T06:30:00.000Z Downloaded 31 MB from fw.camera.example.',
      '- 2026-01-18T12:30:00.000Z Contacted 203.0.113.77 for the first time; nothing named it.',
      '',
      'Times are UTC. No mail address, subject or content was stored.',
    ]);
  });

  it('leaves out what is not known', () => {
    const incident = { ...mailIncident(NOW), before: [], device: null };
    expect(shareText(incident, null, NO_FACTS).split('\n').slice(4)).toEqual([
      'Device: The home',
      'Period: 2026-01-20T07:30:00.000Z – 2026-01-20T12:21:00.000Z',
      '',
      'Times are UTC. No mail address, subject or content was stored.',
    ]);
  });

  it('names the device as well as it is known', () => {
    const who = (incident: Partial<ReportIncident>, device: ReturnType<typeof camera> | null) =>
      shareText({ ...mailIncident(NOW), ...incident }, device, NO_FACTS).split('\n')[4];
    expect(who({}, { ...camera(NOW), vendor: null })).toBe(`Device: ${CAMERA}`);
    expect(who({}, null)).toBe(`Device: ${CAMERA}`);
    const evidence = { innerAddress: '192.168.36.152' };
    expect(who({ evidence }, camera(NOW))).toBe(`Device: at 192.168.36.152, behind ${CAMERA}`);
    expect(who({ evidence, device: null }, null)).toBe('Device: at 192.168.36.152, behind ');
  });

  it('names twenty destinations and ten things from before at most, and says of how many more it knows', () => {
    const [destination] = camera(NOW).mail.destinations;
    const [entry] = mailIncident(NOW).before;
    if (!destination || !entry) throw new Error('the camera has a past');
    const lines = (destinations: number, before: number) =>
      shareText({ ...mailIncident(NOW), before: times(before, 'Event #.').map((text) => ({ ...entry, text })) }, null, {
        ...NO_FACTS,
        attempts: 1,
        destinations: times(destinations, '192.0.2.#').map((ip) => ({ ...destination, name: null, ip })),
      })
        .split('\n')
        .slice(7, -2);
    const line = `- 192.0.2.#, port 25, 15 attempts`;
    expect(lines(20, 10)).toEqual([
      'Destinations:',
      ...times(20, line),
      'Recorded before it started:',
      ...times(10, `- ${entry.time} Event #.`),
    ]);
    expect(lines(21, 11)).toEqual([
      'Destinations:',
      ...times(20, line),
      '- and 1 more destination',
      'Recorded before it started:',
      ...times(10, `- ${entry.time} Event #.`),
    ]);
    expect(lines(1, 1)).toEqual([
      'Destinations:',
      ...times(1, line),
      'Recorded before it started:',
      `- ${entry.time} Event 1.`,
    ]);
  });
});

describe('the device list', () => {
  const named = (mac: string, more: Partial<DeviceSummary> = {}) => ({
    ...summarize(plainDevice(mac, 'Fridge', NOW), []),
    ...more,
  });

  it('is searched in each of its texts, and not over the seam of two', () => {
    const device = named('3c:84:6a:00:00:01', { vendor: 'ACME', note: 'Cold-Store' });
    const finds = (search: string) => matches(device, search);
    for (const search of ['fridge', 'Acme', '192.168.1.1', '3C:84', 'cold-store', 'acme\tfridge', '  FRIDGE '])
      expect([search, finds(search)]).toEqual([search, true]);
    for (const search of ['fridgeacme', 'fridge stove', 'stove fridge', 'null'])
      expect([search, finds(search)]).toEqual([search, false]);
    expect(matches(named('3c:84:6a:00:00:01', { vendor: null, address: null, note: null }), 'null')).toBe(false);
  });

  it('begins with open incidents, then mail, then the newest, then by address', () => {
    const old = new Date(NOW - HOUR).toISOString();
    const devices = [
      named('new b'),
      named('new a'),
      named('an old one', { lastSeen: old }),
      named('old, with mail', { mailAttempts: 1, lastSeen: old }),
      named('with mail', { mailAttempts: 2 }),
      named('an old one in trouble', { lastSeen: old }),
      named('in trouble, with mail', { mailAttempts: 1, lastSeen: old }),
    ];
    const given = [...devices];
    const order = ranked(devices, new Set(['an old one in trouble', 'in trouble, with mail', null]));
    expect(order.map(({ mac }) => mac)).toEqual([
      'in trouble, with mail',
      'an old one in trouble',
      'with mail',
      'old, with mail',
      'new a',
      'new b',
      'an old one',
    ]);
    expect(devices).toEqual(given);
  });
});
