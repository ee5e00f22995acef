// What people write: firmware notes, their patterns against names from the network, and the configuration.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../sensor/checkout.ts';
import { ConfigError, loadConfig } from '../../../sensor/config.ts';
import { parseNote } from '../../../sensor/notes/load.ts';
import { matchNote, type NoteEvidence } from '../../../sensor/notes/match.ts';
import { MIRROR_LIMITS, parseMirror } from '../../../sensor/notes/mirrors.ts';
import { indexNotes, knowsHost, recognisesBy } from '../../../sensor/notes/note-index.ts';
import { globMatches, globProblem, hostPatternProblem, isSharedInfrastructure } from '../../../sensor/notes/pattern.ts';
import { joinPieces, splitPieces } from '../pieces.ts';
import { mustBeShort, mustHold, type Target } from '../target.ts';

const NOTES = join(PROJECT_ROOT, 'firmware-notes');

/** Of a device that announces itself as in the example of firmware-notes/README.md. */
const EVIDENCE: NoteEvidence = {
  vendor: 'Espressif Inc.',
  randomizedMac: false,
  hostnames: ['acmecam-12', 'echo-1'],
  mdnsServices: ['_acme._tcp', 'Thing._hap._tcp.local'],
  mdnsInstances: ['Thing'],
  mdnsModels: ['model=ac-1'],
  ssdpServer: 'Linux/5.4 UPnP/1.0 Acme/1.2.3',
  ssdpTypes: ['urn:acme:device:camera:1'],
  dhcpVendorClass: 'udhcp 1.24',
  dhcpFingerprint: '1,3,6,12',
  userAgent: 'Acme/1.2',
  backendHosts: ['fw.acme.example', 'a.cdn.example'],
};

const note: Target = {
  longest: 16_384,
  run(input) {
    const { note: made, problems } = parseNote('acme-camera.md', input.toString('utf8'));
    mustHold(made !== null || problems.length > 0, 'no note, and no problem');
    mustHold(
      problems.length <= 20 && problems.every(({ line }) => Number.isInteger(line) && line >= 1),
      'a problem without a line',
    );
    if (made === null) return;
    mustBeShort(made, 16_384);
    const notes = indexNotes([made]);
    const host = made.backends[0]?.host ?? 'vendor.example';
    knowsHost(host, notes);
    recognisesBy(host, notes);
    matchNote({ ...EVIDENCE, backendHosts: [host, ...EVIDENCE.backendHosts] }, notes);
  },
  seeds: () =>
    readdirSync(NOTES)
      .filter((name) => name.endsWith('.md'))
      .slice(0, 12)
      .map((name) => readFileSync(join(NOTES, name), 'utf8').replace(/^slug: .*$/m, 'slug: acme-camera'))
      .map((text) => Buffer.from(text))
      .concat([Buffer.from(`---\nmatch: ${'['.repeat(4000)}\n---\n`), Buffer.from(`---\n${'- '.repeat(4000)}\n---\n`)]),
};

const guide: Target = {
  longest: 16_384,
  run(input) {
    const { mirror, problems } = parseMirror('acme-switch.md', input.toString('utf8'));
    mustHold(mirror !== null || problems.length > 0, 'no guide, and no problem');
    mustHold(
      problems.length <= 20 && problems.every(({ line }) => Number.isInteger(line) && line >= 1),
      'a problem without a line',
    );
    if (mirror === null) return;
    for (const steps of Object.values(mirror.steps)) {
      mustHold(steps.length >= 1 && steps.length <= MIRROR_LIMITS.steps, `${steps.length} steps`);
      mustHold(!steps.some((step) => /[\p{Cc}\p{Bidi_Control}]/u.test(step)), 'a step with control characters');
    }
  },
  seeds: () =>
    readdirSync(join(NOTES, 'mirrors'))
      .slice(0, 6)
      .map((name) => readFileSync(join(NOTES, 'mirrors', name), 'utf8').replace(/^slug: .*$/m, 'slug: acme-switch'))
      .map((text) => Buffer.from(text)),
};

const patterns: Target = {
  longest: 512,
  /** A pattern, a line end, and a name that comes from the network. */
  run(input) {
    const [pattern = '', text = ''] = input.toString('latin1').split('\n', 2);
    const isGlob = globProblem(pattern) === null;
    hostPatternProblem(pattern);
    isSharedInfrastructure(text);
    if (!isGlob) return;
    const matches = globMatches(pattern, text);
    if (!pattern.includes('*'))
      mustHold(matches === (pattern === text), 'a pattern without a star matches itself alone');
  },
  seeds: () =>
    [
      'acmecam-*\nacmecam-12',
      '*.cdn.example\na.cdn.example',
      '*a*a*a*b\naaaaaaaaaaaaaaaaaaaa',
      'model=ac-1*\nmodel=ac-1',
    ].map((text) => Buffer.from(text)),
};

const SECRET = 'qzjvkpassword';
const SETTINGS = [
  'state_dir: /tmp/x\ncapture: { interface: eth0, home_net: [192.168.0.0/16] }\n',
  `mqtt:\n  url: mqtts://host:8883\n  username: u\n  password: ${SECRET}\n  base_topic: home/thingwatch\nhomeassistant: { enabled: true, prefix: homeassistant, devices: all }\n`,
  'web: { listen: "0.0.0.0:8080", base_path: /tw, host_names: [a.example], trusted_proxies: [10.0.0.0/8] }\nnotes: { dirs: [notes] }\n',
  `mqtt: ${'['.repeat(2000)}`,
  'detect: &d { learning_days: 3 }\nstore: { flush_seconds: 600, max_megabytes: 512 }\n',
];

function config(): Target {
  const folder = mkdtempSync(join(tmpdir(), 'thingwatch-fuzz-'));
  const file = join(folder, 'thingwatch.yaml');
  return {
    inPieces: true,
    /** Read once at the start, never from the network: 4 KB of nothing but errors keep the YAML parser for 45 ms. */
    longest: 2048,
    /** The first piece is the file, the others are variables of the environment. */
    run(input) {
      const [first, ...others] = splitPieces(input);
      writeFileSync(file, first?.bytes ?? '');
      const environment: Record<string, string> = { THINGWATCH_MQTT_PASSWORD: SECRET };
      for (const { bytes } of others.slice(0, 16)) {
        const [name = '', ...value] = bytes.toString('utf8').split('=');
        environment[name] = value.join('=');
      }
      try {
        loadConfig({ file, workingDirectory: folder, environment });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        mustHold(error.problems.length > 0, 'refused without a reason');
        const isAnywhere = splitPieces(input).some(({ bytes }) => bytes.includes(SECRET));
        mustHold(isAnywhere || !error.message.includes(SECRET), 'the password is in the reason');
      }
    },
    seeds: () => [
      ...SETTINGS.map((text) => joinPieces([{ kind: 0, bytes: Buffer.from(text) }])),
      joinPieces(
        ['', 'THINGWATCH_WEB_LISTEN=127.0.0.1:1', 'THINGWATCH_NOTES_DIRS=a,b', 'THINGWATCH_DETECT_LEARNING_DAYS=7'].map(
          (text) => ({ kind: 1, bytes: Buffer.from(text) }),
        ),
      ),
    ],
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const FILES: Readonly<Record<string, () => Target>> = {
  note: () => note,
  guide: () => guide,
  patterns: () => patterns,
  config,
};
