// Four devices mail with four real clients, to two real servers, in plain, in chunks, through proxies and over TLS: what the
// sensor counts, live and on the recording, is what the servers say they accepted; and nothing of what was written is kept.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureFilter } from '../../sensor/capture/filter.ts';
import { LINK_TYPES } from '../../sensor/capture/frame.ts';
import type { Report, ReportDevice, ReportIncident } from '../../sensor/record/report.ts';
import { Exim, type EximLog, submit } from '../lab/exim.ts';
import { Home, homeNets } from '../lab/home.ts';
import { internetHost, mailServer, refusingServer, smtpListener } from '../lab/internet.ts';
import { helperPath } from '../lab/namespaces.ts';
import { proxyTools, startProxies } from '../lab/proxies.ts';
import { requireTools } from '../lab/tools.ts';
import { SECRET, secretsIn } from '../support/dialogues.ts';
import { replayedReport } from '../support/replayed.ts';
import { ensureBuilt, eventually, Program } from './program.ts';
import { caughtUp, LabSensor, type RunningSensor } from './sensor-in-lab.ts';

const reason = requireTools(['exim4', 'swaks', 'curl', ...proxyTools]);
if (reason !== null) console.warn(`SKIPPED, no real mail client is tested: ${reason}`);

const exchange = internetHost('mx.busy.example', 30);
const proxy = internetHost('proxy.busy.example', 40);
const SOCKS_PORT = 1080;
const HTTP_PORT = 8888;
const ODD_PORT = 2526;
const REFUSE = 'gone';

const NODEMAILER = { name: 'hallway-camera', mac: '24:0a:c4:10:00:01' };
const SWAKS = { name: 'kitchen-fridge', mac: '30:ae:a4:10:00:02' };
const EXIM = { name: 'living-room-tv', mac: '00:e0:4c:10:00:03' };
const CURL = { name: 'media-box', mac: '00:e0:4c:10:00:04' };
const DEVICES = [NODEMAILER, SWAKS, EXIM, CURL];

const from = ({ name }: { name: string }) => `${SECRET}-${name}@a.example`;
const to = (...names: string[]) => names.map((name) => `${SECRET}-${name}@b.example`);
const subject = `${SECRET} news`;
const text = `${SECRET} begins\n.${SECRET} after a dot\nRCPT TO:<${SECRET}@c.example>\nQUIT\n250 ${SECRET}\n`;
/** So much that most of it does not pass the filter behind a proxy. */
const filler = `${'x'.repeat(70)}\r\n`.repeat(2000);
const large = `Subject: ${subject}\n\n${`${SECRET} `.repeat(11)}\n`
  .repeat(2)
  .concat(`${'x'.repeat(70)}\n`.repeat(4000));

describe.skipIf(reason !== null)('mail by real clients', () => {
  let home: Home;
  let exim: Exim;
  let said: EximLog;
  let sensor: RunningSensor;
  let report: Report;
  let live: ReportIncident[];

  beforeAll(async () => {
    await ensureBuilt();
    home = await Home.start({ devices: DEVICES, backends: [exchange, proxy] });
    exim = await Exim.start(home, {
      address: exchange.ipv4,
      ports: [25, 587, ODD_PORT],
      refuse: REFUSE,
      text: SECRET,
    });
    await Promise.all([
      home.serveMail([smtpListener(mailServer.ipv4, ODD_PORT)]),
      startProxies(home, proxy.ipv4, SOCKS_PORT, HTTP_PORT),
    ]);
    sensor = await (await LabSensor.of(home)).run();
    const file = join(home.directory, 'mails.pcap');
    const recording = await home.record(file, captureFilter(LINK_TYPES.ethernet));
    await Promise.all([withNodemailer(), withSwaks(), withExim(), withCurl()]);
    await recording.stop();
    said = exim.log();
    report = await replayedReport(file, homeNets);
    await caughtUp(sensor.page, home);
    live = await eventually(async () => {
      const incidents = await sensor.page.incidents();
      return total(incidents, 'messages') === total(report.incidents, 'messages') ? incidents : null;
    });
  }, 90_000);
  afterAll(async () => {
    await sensor?.hang();
    await sensor?.program.kill();
    exim?.remove();
    await home?.stop();
  });

  async function withNodemailer(): Promise<void> {
    const send = async (transport: object, ...recipients: string[][]) => {
      const mails = recipients.map((list) => ({ from: from(NODEMAILER), to: list, subject, text }));
      const input = JSON.stringify({ transport: { name: `${SECRET}.example`, ignoreTLS: true, ...transport }, mails });
      const { code, stderr } = await home
        .device(NODEMAILER.name)
        .run(process.execPath, [helperPath('mailer.mjs'), input]);
      if (code !== 0) throw new Error(stderr);
    };
    const auth = { user: `${SECRET}-user`, pass: `${SECRET}-word` };
    // Two mails on one connection; a recipient refused; all refused; an address beyond ASCII.
    await send({ host: mailServer.ipv4, port: 25 }, to('1', '2', '3'), to('4'));
    await send({ host: exchange.ipv4, port: 25, auth }, to('1', REFUSE, '2'), to(REFUSE), to('ü'));
    await send({ host: exchange.ipv4, port: ODD_PORT }, to('1', '2'));
    const proxied = { proxy: `http://${proxy.ipv4}:${HTTP_PORT}` };
    await send({ host: exchange.ipv4, port: ODD_PORT, ...proxied }, to('1'), to('2', '3'));
    await send({ host: exchange.ipv4, port: 587, ignoreTLS: false, requireTLS: true, auth }, to('1', '2'));
  }

  async function withSwaks(): Promise<void> {
    const send = async (server: string, port: number, recipients: string[], ...more: string[]) => {
      const envelope = ['--from', from(SWAKS), '--to', recipients.join(','), '--helo', `${SECRET}.example`];
      const message = ['--body', text, '--h-Subject', more.includes('--refused') ? `${REFUSE} ${subject}` : subject];
      const options = more.filter((word) => word !== '--refused');
      // Exit codes above 20 are the server's refusals (swaks(1), EXIT CODES).
      const args = ['--server', `${server}:${port}`, ...envelope, ...message, ...options];
      const { code, stdout } = await home.device(SWAKS.name).run('swaks', args);
      if (code > 0 && code < 21) throw new Error(stdout);
    };
    const auth = ['--auth', 'LOGIN', '--auth-user', `${SECRET}-user`, '--auth-password', `${SECRET}-word`];
    await send(exchange.ipv4, 25, to('1', '2', REFUSE, '3'), '--pipeline');
    await send(exchange.ipv4, 25, to('1', '2'), '--pipeline', '--refused');
    await send(exchange.ipv4, 587, to('1'), ...auth);
    await send(mailServer.ipv4, ODD_PORT, to('1', '2'));
    await send(refusingServer.ipv4, 25, to('1')).catch(() => {});
  }

  async function withExim(): Promise<void> {
    const device = home.device(EXIM.name);
    const send = (server: string, port: number, recipients: string[], more: object = {}) =>
      submit(home, device, {
        from: from(EXIM),
        to: recipients,
        message: large,
        server,
        port,
        helo: `${SECRET}.example`,
        ...more,
      });
    // In chunks and pipelined; then with DATA; then with a bounce, which is a mail too.
    await send(exchange.ipv4, 25, to('1', '2', '3', '4', '5'));
    await send(exchange.ipv4, 25, to('1', '2'), { chunking: false });
    await send(exchange.ipv4, ODD_PORT, to('1', REFUSE, '2'));
    await send(mailServer.ipv4, 25, to('1', '2'));
    await send(exchange.ipv4, 587, to('1'), { tls: true });
  }

  async function withCurl(): Promise<void> {
    const send = async (url: string, recipients: string[], ...more: string[]) => {
      const rcpt = recipients.flatMap((recipient) => ['--mail-rcpt', recipient]);
      const args = ['-sS', '-m', '20', '--mail-from', from(CURL), ...rcpt, '-T', '-', ...more, url];
      return home.device(CURL.name).run('curl', args, `Subject: ${subject}\r\n\r\n${text}${filler}`);
    };
    const delivered = async (...args: Parameters<typeof send>) => {
      const { code, stderr } = await send(...args);
      if (code !== 0) throw new Error(stderr);
    };
    const hello = `${SECRET}.example`;
    await delivered(`smtp://${exchange.ipv4}:${ODD_PORT}/${hello}`, to('1', '2'));
    await delivered(`smtp://${exchange.ipv4}/${hello}`, to('1'), '--socks5', `${proxy.ipv4}:${SOCKS_PORT}`);
    await delivered(`smtp://${mailServer.ipv4}/${hello}`, to('1', '2', '3'), '-p', '-x', `${proxy.ipv4}:${HTTP_PORT}`);
    // The proxy says that nobody is there.
    await send(`smtp://${refusingServer.ipv4}/${hello}`, to('1'), '--socks5', `${proxy.ipv4}:${SOCKS_PORT}`);
  }

  /** Mails that were accepted in plain, by the device that sent them: `SERVER PORT`, and how many recipients. */
  function accepted({ name }: { name: string }): { where: string; recipients: number }[] {
    const byExim = said.accepted
      .filter(({ tls }) => !tls)
      .map((mail) => ({ ...mail, where: `${exchange.ipv4} ${mail.port}` }));
    const byOther = home.mailbox.map((mail) => ({ ...mail, where: `${mail.address} ${mail.port}` }));
    const isOwn = (mail: { from: string; to: readonly string[] }) => {
      const bounce = mail.from === '' ? mail.to[0] : mail.from;
      return bounce === from({ name });
    };
    return [...byExim, ...byOther].filter(isOwn).map((mail) => ({ where: mail.where, recipients: mail.to.length }));
  }

  const deviceOf = ({ mac }: { mac: string }): ReportDevice => {
    const found = report.devices.find((device) => device.mac === mac);
    if (found === undefined) throw new Error(`no ${mac}`);
    return found;
  };

  it.each(DEVICES)(
    '$name: messages and recipients are those that the servers accepted, by server and port',
    (device) => {
      const truth = accepted(device);
      expect(truth.length).toBeGreaterThan(2);
      const messages: Record<string, number> = {};
      for (const { where } of truth) messages[where] = (messages[where] ?? 0) + 1;
      // A recipient that was accepted counts, even where the message is refused afterwards.
      const alsoAccepted = device === SWAKS ? said.messagesRefused.reduce((all, recipients) => all + recipients, 0) : 0;
      const { mail } = deviceOf(device);
      const counted = mail.destinations.filter((one) => one.messages > 0);
      expect(Object.fromEntries(counted.map((one) => [`${one.ip} ${one.port}`, one.messages]))).toEqual(messages);
      expect(mail).toMatchObject({
        messages: truth.length,
        recipients: truth.reduce((sum, { recipients }) => sum + recipients, alsoAccepted),
      });
    },
  );

  it('attempts are the connections that the server had, and what became of each is known', () => {
    const destinations = report.devices.flatMap(({ mail }) => mail.destinations);
    for (const [port, count] of said.connections) {
      const there = destinations.filter((one) => one.ip === exchange.ipv4 && one.port === port);
      expect({ port, attempts: sum(there, 'attempts') }).toEqual({ port, attempts: count });
      expect(sum(there, 'connected')).toBe(count);
    }
    const refusing = destinations.filter(({ ip }) => ip === refusingServer.ipv4);
    expect(refusing.map(({ attempts, port, refused }) => ({ attempts, port, refused }))).toEqual([
      { attempts: 1, port: 25, refused: 1 },
      { attempts: 1, port: 25, refused: 1 },
    ]);
  });

  it('refusals are counted as the server did them', () => {
    expect([said.recipientsRefused, said.messagesRefused]).toEqual([4, [2]]);
    expect(total(report.incidents, 'recipientsRefused')).toBe(said.recipientsRefused);
    expect(total(report.incidents, 'messagesRefused')).toBe(said.messagesRefused.length);
  });

  it('TLS hides the mails: such sessions are counted as sessions only', () => {
    expect(said.accepted.filter(({ tls }) => tls)).toHaveLength(2);
    const tv = report.incidents.find(({ device, kind }) => device === EXIM.mac && kind === 'submission_started');
    expect(tv?.evidence).toMatchObject({ attempts: 1, connected: 1, messages: 0, dialogue: { startTls: true } });
    const camera = report.incidents.find(
      ({ device, kind }) => device === NODEMAILER.mac && kind === 'submission_started',
    );
    expect(camera?.evidence).toMatchObject({ attempts: 1, connected: 1, messages: 0, dialogue: { startTls: true } });
  });

  it('how they spoke is known: chunks, AUTH, a name that is not theirs', () => {
    const of = ({ mac }: { mac: string }, kind: string) =>
      report.incidents
        .filter(({ device, kind: one }) => device === mac && one === kind)
        .map(({ evidence }) => evidence);
    expect(
      total(
        report.incidents.filter(({ device }) => device === EXIM.mac),
        'bdatCommands',
      ),
    ).toBeGreaterThan(2);
    expect(of(SWAKS, 'submission_started')).toMatchObject([
      { messages: 1, recipients: 1, dialogue: { authTried: true, authAccepted: true, hello: 'foreign-domain' } },
    ]);
    expect(report.incidents.every(({ device }) => DEVICES.some(({ mac }) => mac === device))).toBe(true);
  });

  it('live, the same was seen', () => {
    const facts = (list: readonly ReportIncident[]) =>
      list
        .filter(({ kind }) => kind === 'mail_started' || kind === 'submission_started')
        .map(({ device, evidence, kind, severity }) => {
          const { attempts, connected, messages, recipients, refused, recipientsRefused } = evidence;
          return { device, kind, severity, attempts, connected, messages, recipients, refused, recipientsRefused };
        })
        .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    expect(facts(live)).toEqual(facts(report.incidents));
  });

  it('and no address, subject or text is in the database, the MQTT transcript, the log or the exported evidence', async () => {
    const outputs = new Map<string, Buffer>();
    for (const { id } of live) {
      const [pcap, report] = [join(home.directory, `${id}.pcap`), join(home.directory, `${id}.txt`)];
      const args = ['evidence', '--state', sensor.state, id, '--pcap', pcap, '--text', report];
      expect(await Program.run(args)).toMatchObject({ code: 0 });
      outputs.set(pcap, readFileSync(pcap));
      outputs.set(report, readFileSync(report));
    }
    await sensor.program.stop();
    for (const entry of readdirSync(sensor.state, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) outputs.set(entry.name, readFileSync(join(entry.parentPath, entry.name)));
    }
    outputs.set('MQTT', Buffer.from(JSON.stringify(sensor.ear)));
    outputs.set('log', Buffer.from(sensor.program.stdout + sensor.program.stderr));
    outputs.set('report', Buffer.from(JSON.stringify(report)));
    expect([...outputs.values()].filter(({ length }) => length > 100).length).toBeGreaterThan(12);
    for (const [what, octets] of outputs) expect([what, secretsIn(octets)]).toEqual([what, []]);
    // Otherwise nothing would have been looked for: on the wire it was there.
    const wire = execFileSync('strings', [join(home.directory, 'mails.pcap')], { maxBuffer: 1 << 28 });
    expect(secretsIn(wire)).not.toEqual([]);
  });
});

function total(incidents: readonly ReportIncident[], key: string): number {
  return incidents.reduce((all, { evidence }) => all + (typeof evidence[key] === 'number' ? evidence[key] : 0), 0);
}

function sum<Key extends string>(list: readonly Record<Key, number>[], key: Key): number {
  return list.reduce((all, one) => all + one[key], 0);
}
