// Every command of README and manual: how the test runs it, or why it cannot and where else it is tried. Both lists are held against the
// documents, so a new command needs its line here, and a line here its command.
import { blocksIn, manualPlaces } from './documents.ts';

/** A line of a `sh` block without its comment. Each stands once, however many documents show it. */
export function commandsIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(?:^|\s+)#.*$/, '').trim())
    .filter((line) => line !== '');
}

export function documentedCommands(): { at: string; command: string }[] {
  return manualPlaces()
    .flatMap((place) => blocksIn(place))
    .filter(({ language }) => language === 'sh')
    .flatMap(({ at, text }) => commandsIn(text).map((command) => ({ at, command })));
}

export interface Run {
  /** As it stands in a document. */
  command: string;
  /** What is put where the document has a placeholder, or something that every home has for itself. */
  put?: Readonly<Record<string, string>>;
  /** Added to it, so that it asks nothing, waits less or ends. */
  flags?: string;
  /** Done on the machine before; what it prints takes the place of `ID`. */
  before?: string;
  /** Exit codes that are right; 0 where none is given. */
  codes?: readonly number[];
  says: RegExp;
}

/** One sensor, from its start to its stop, and what is done meanwhile; or nothing but commands. */
export interface Scene {
  name: string;
  /** A command of the documents that goes on until it is stopped, and what it says when it is there. */
  start?: { command: string; put?: Readonly<Record<string, string>>; says: RegExp };
  /** Start of the block of configuration in the manual that stands in `thingwatch.yaml` meanwhile. */
  settings?: string;
  runs: readonly Run[];
}

const LINK = /http:\/\/\S+#\/pair\/\S+/;
/** The page is there first, what it captures with a moment later. */
const RUNS = /http:\/\/\S+#\/pair\/\S+[\s\S]*^Capturing on /m;
const PAIR = `link=$(npm run -s thingwatch -- pair | grep -o '#/pair/.*' | head -n 1); curl -sf -H 'content-type: application/json' -d "{\\"token\\":\\"\${link#\\#/pair/}\\",\\"name\\":\\"Lost phone\\"}" http://127.0.0.1:8080/api/pair >/dev/null; npm run -s thingwatch -- pair --list | grep 'Lost phone' | cut -d' ' -f1`;
const STICK = 'mkdir -p /media/stick';
/** As after a clone: what there is to pull is here already. */
const CLONED = `git config --system safe.directory '*' && rm -rf .git && git init -q -b main && git add package.json && git -c user.name=a -c user.email=a@b.example commit -qm one && git clone -q --bare . /srv/origin.git && git remote add origin /srv/origin.git && git fetch -q && git branch -qu origin/main && chown -R --reference=. .git`;

export const SCENES: readonly Scene[] = [
  {
    name: 'captures and evidence',
    runs: [
      { command: 'sudo useradd --system thingwatch', says: /^$/ },
      {
        command: 'npm run -s thingwatch -- replay home.pcap',
        before: 'cp test/captures/three-mailers.pcap home.pcap',
        says: /incident/i,
      },
      {
        command: 'npm run -s thingwatch -- replay home.pcap --format json',
        says: /"schema": ?"thingwatch\.report\/1"[\s\S]*"mail_started"/,
      },
      { command: 'tcpdump -r home.pcap -w - | npm run -s thingwatch -- replay -', says: /incident/i },
      {
        command: 'npm run -s thingwatch -- evidence',
        before: 'npm run -s thingwatch -- replay --state state home.pcap >/dev/null',
        says: /^[0-9a-f]{16} .* frames kept\n +living-room-tv is sending mail/m,
      },
      {
        command: 'npm run -s thingwatch -- fleet preview',
        says: /^\{"schema":"thingwatch\.fleet\/1".*"kind":"incident".*"mail_started"/m,
      },
      {
        command: 'npm run -s thingwatch -- evidence ID',
        before: "npm run -s thingwatch -- evidence | grep -o '[0-9a-f]\\{8,\\}' | head -n 1",
        says: /^REPORT FROM A SENSOR/,
      },
      {
        command: 'npm run -s thingwatch -- evidence ID --pcap incident.pcap',
        before: "npm run -s thingwatch -- evidence | grep -o '[0-9a-f]\\{8,\\}' | head -n 1",
        says: /^/,
      },
      {
        command: 'npm run -s thingwatch -- doctor',
        flags: '--seconds 1',
        codes: [0, 1],
        says: /privileges[\s\S]*offloads/,
      },
      {
        command: 'sudo npm run -s thingwatch -- doctor --fix',
        flags: '--seconds 1',
        codes: [0, 1],
        says: /privileges[\s\S]*offloads/,
      },
    ],
  },
  {
    name: 'a replay that stays',
    start: { command: 'npm run -s thingwatch -- replay home.pcap --serve', says: LINK },
    runs: [],
  },
  {
    name: 'a demonstration',
    start: { command: 'npm start -- --demo', says: LINK },
    runs: [],
  },
  {
    name: 'a sensor as it comes',
    start: { command: 'npm start', says: RUNS },
    runs: [
      {
        command: "mosquitto_sub -h 127.0.0.1 -t 'thingwatch/#' -v",
        flags: '-C 1 -W 20',
        says: /^thingwatch\/[0-9a-f]{12}\/\w+ /,
      },
      {
        command: "sudo grep -A1 socket: /proc/$(pgrep -f '[c]ap-child.js')/smaps",
        says: /socket:[\s\S]*Size: +\d+ kB/,
      },
      { command: 'npm run -s thingwatch -- pair', says: LINK },
      { command: 'npm run -s thingwatch -- pair --list', says: /paired/ },
      {
        command: 'npm run -s thingwatch -- pair --revoke ID',
        before: PAIR,
        says: /^Lost phone is unpaired\.$/m,
      },
      { command: 'npm run -s thingwatch -- test-alert', says: /broker/i },
      {
        command: 'npm run -s thingwatch -- backup /media/stick/thingwatch.backup',
        before: STICK,
        says: /thingwatch\.backup/,
      },
    ],
  },
  {
    name: 'a sensor that runs no more',
    runs: [{ command: 'npm run -s thingwatch -- restore /media/stick/thingwatch.backup', says: /before-restore-/ }],
  },
  {
    name: 'the broker on the network',
    start: { command: 'npm start', says: RUNS },
    settings: 'mqtt: { listen:',
    runs: [
      {
        command: `mosquitto_sub -h SENSOR -u thingwatch -P "$(cat state/mqtt-password)" -t 'thingwatch/#' -v`,
        put: { SENSOR: '192.168.77.2' },
        flags: '-C 1 -W 20',
        says: /^thingwatch\/[0-9a-f]{12}\/\w+ /,
      },
    ],
  },
  {
    name: 'a service',
    runs: [
      {
        command: 'sudo npm run -s thingwatch -- install --interface eth1 --yes',
        put: { eth1: 'mirror0' },
        flags: '--seconds 0 --no-self-test',
        says: /^done +service /m,
      },
      { command: 'sudo thingwatch status', says: /^service +active/m },
      { command: 'sudo journalctl -u thingwatch -n 50', says: /Capturing on mirror0/ },
      { command: 'sudo thingwatch update', before: CLONED, says: /^there +pull/m },
      {
        command: 'sudo thingwatch backup /media/stick/thingwatch.backup',
        before: `${STICK}; rm -f /media/stick/thingwatch.backup`,
        says: /thingwatch\.backup/,
      },
      { command: 'sudo systemctl stop thingwatch', says: /^$/ },
      { command: 'sudo thingwatch restore /media/stick/thingwatch.backup', says: /before-restore-/ },
      {
        // The old box is this one.
        command: 'ssh root@old thingwatch backup - | sudo thingwatch restore -',
        put: { 'ssh root@old ': '' },
        says: /before-restore-/,
      },
      { command: 'sudo systemctl start thingwatch', says: /^$/ },
      { command: 'sudo thingwatch uninstall', flags: '--yes', says: /^done +service[\s\S]*^Kept: /m },
    ],
  },
];

export interface Elsewhere {
  why: string;
  /** A file of the checkout where it is run, and words of it that show that. */
  file: string;
  words: string;
}

export const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  'npm test': { why: 'runs this test', file: 'sensor/deploy/test.mjs', words: 'vitest' },
  'npm run -s thingwatch -- self-test': {
    why: 'ten seconds of its own, twice',
    file: 'test/program/self-test.test.ts',
    words: 'self-test',
  },
  'npm run -s thingwatch -- fleet withdraw': {
    why: 'wants a fleet to leave',
    file: 'test/fleet/home/program/leaving.test.ts',
    words: "'withdraw', '--yes'",
  },
  ...Object.fromEntries(
    ['', ' --add-token Ada', ' --tokens', ' --remove-token Ada', ' --add-token Hal --home h0123456789abcde'].map(
      (words) => [
        `npm run -s thingwatch -- fleet desk${words}`,
        { why: 'wants a fleet', file: 'test/fleet/desk/command.test.ts', words: "'--add-token', 'Ada'" },
      ],
    ),
  ),
  'npm run fleet -- --name "Our club" --host fleet.example.org': {
    why: 'installs a database and stays; its test starts the same program elsewhere',
    file: 'test/fleet/operator/running-fleet.ts',
    words: "PROGRAM, 'start'",
  },
  'npm run fleet -- enrol --label "the Millers"': {
    why: 'wants a fleet that runs',
    file: 'test/fleet/operator/fleet.test.ts',
    words: "enrolled('--label', 'the Millers')",
  },
  'npm run fleet -- revoke HOME': {
    why: 'wants a fleet that runs',
    file: 'test/fleet/operator/fleet.test.ts',
    words: "fleet.give('revoke', home)",
  },
  'npm run fleet -- certificate --host fleet.example.org': {
    why: 'wants a fleet',
    file: 'test/fleet/operator/fleet.test.ts',
    words: "fleet.give('certificate', '--host'",
  },
  'npm run fleet -- backup /media/stick/fleet': {
    why: 'wants a fleet that runs',
    file: 'test/fleet/operator/fleet.test.ts',
    words: "fleet.give('backup', copy.directory)",
  },
  'npm run fleet -- --dir club cluster nats1.example.org nats2.example.org nats3.example.org --database postgres://OWNER:PASSWORD@HOST:5432/fleet':
    {
      why: 'makes what other machines are given; its test runs that',
      file: 'test/fleet/operator/three-nodes.test.ts',
      words: "give('cluster', ...NODES, '--database', owner",
    },
  'sudo npm run -s thingwatch -- install': {
    why: 'asks at a terminal',
    file: 'test/deploy/service/install.test.ts',
    words: 'at a terminal it asks for the port',
  },
  'npm run package': {
    why: 'packs for half a minute; its test packs without compression',
    file: 'test/deploy/package/package.test.ts',
    words: 'makePackage(',
  },
  'npm run container': {
    why: 'packs for half a minute; its test packs without compression',
    file: 'test/deploy/container/container.test.ts',
    words: 'layOut(',
  },
  'cd packages/container && docker compose up -d --build': {
    why: 'needs an engine and its registry; npm run container -- --try builds it and runs it as compose.yaml says',
    file: 'test/deploy/container/try.sh',
    words: 'try thingwatch Containerfile "$container" compose',
  },
  'docker compose logs thingwatch': {
    why: 'needs an engine; the trial reads the link from what the container says',
    file: 'test/deploy/first-alert.mjs',
    words: 'a pairing link',
  },
  'docker compose exec thingwatch thingwatch pair': {
    why: 'needs an engine; the trial enters the container as it would',
    file: 'test/deploy/container/ingress.mjs',
    words: "'thingwatch', 'pair'",
  },
  'sudo apt-get install ./packages/thingwatch_0.1.0_amd64.deb && sudo thingwatch install': {
    why: 'needs Debian and its mirror: npm run package -- --try',
    file: 'test/deploy/package/try.sh',
    words: 'apt install --no-install-recommends /tmp/new.deb',
  },
  'sudo systemctl edit thingwatch': {
    why: 'opens an editor, and needs systemd; that the unit may be changed beside it its text says',
    file: 'sensor/deploy/service/unit.ts',
    words: 'systemctl edit thingwatch',
  },
};

/** What is run here, in its order. */
export const RUN_HERE: readonly string[] = SCENES.flatMap(({ runs, start }) => [
  ...(start === undefined ? [] : [start.command]),
  ...runs.map(({ command }) => command),
]);
