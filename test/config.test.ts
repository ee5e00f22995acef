// The configuration: file and environment, and every mistake told at once with the key it is about.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { schema } from '../sensor/config/schema.ts';
import { type Config, ConfigError, loadConfig } from '../sensor/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'thingwatch-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let count = 0;

function load(yaml: string | null, environment: Record<string, string> = {}): Config {
  const file = join(directory, `${count++}.yaml`);
  if (yaml !== null) writeFileSync(file, yaml);
  const named = yaml === null ? undefined : file;
  return loadConfig({ file: named, workingDirectory: join(directory, 'empty'), environment }).config;
}

/** What is wrong, without the path of the file. */
function problemsOf(yaml: string | null, environment: Record<string, string> = {}): string[] {
  try {
    load(yaml, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((line) => line.replace(/^.*\d+\.yaml: /, ''));
    throw error;
  }
  return [];
}

test('without a file everything has its default', () => {
  expect(load(null)).toMatchObject({
    state_dir: './state',
    capture: { home_net: [] },
    mqtt: { base_topic: 'thingwatch', listen: '127.0.0.1:1883' },
    homeassistant: { enabled: true, devices: 'flagged' },
    web: { listen: '127.0.0.1:8080' },
    detect: { learning_days: 7, updates_overdue_days: 30 },
  });
});

test('where nothing is set, all is as the schema has it by default, and made anew for each who asks', () => {
  const byDefault = schema().parse({});
  load(null).web.host_names.push('thingwatch.lan');
  expect(load(null)).toEqual(byDefault);
  expect(load('# web: {}\n')).toEqual(byDefault);
  expect(load('web:\n', { THINGWATCH_LOG_LEVEL: 'info' })).toEqual(byDefault);
});

test('thingwatch.yaml in the working directory is found, and a file that is named must be there', () => {
  writeFileSync(join(directory, 'thingwatch.yaml'), 'state_dir: /srv/state\n');
  const found = loadConfig({ file: undefined, workingDirectory: directory, environment: {} });
  expect(found).toMatchObject({ config: { state_dir: '/srv/state' }, file: join(directory, 'thingwatch.yaml') });
  const missing = { file: join(directory, 'nowhere.yaml'), workingDirectory: directory, environment: {} };
  expect(() => loadConfig(missing)).toThrow(/nowhere\.yaml: cannot be read/);
});

test('an unknown key, a wrong type and an impossible value are all told at once, each with its path', () => {
  const yaml = `
mqtt:
  urll: mqtt://broker
  username: 5
homeassistant: { devices: some }
web: { listen: 127.0.0.1:99999 }
capture: { home_net: [192.168.0.0/16, 300.1.1.1/8] }
colour: blue
`;
  const problems = problemsOf(yaml);
  expect(problems).toHaveLength(6);
  for (const start of [
    'mqtt.urll: there is no such setting',
    'mqtt.username: ',
    'homeassistant.devices: ',
    'web.listen: ',
    'capture.home_net.1: is no CIDR prefix',
    'colour: there is no such setting',
  ])
    expect(problems.filter((problem) => problem.startsWith(start))).toHaveLength(1);
});

test('what is nested as deep as the file is long is refused before it is parsed', () => {
  for (const deep of ['['.repeat(60_000), `${'- '.repeat(30_000)}x`, 'mqtt: '.repeat(10_000)])
    expect(problemsOf(`web:\n  ${deep}\n`)).toEqual([
      'is nested too deeply to be read; settings lie in sections, like "web:" with "listen: 127.0.0.1:8080" under it',
    ]);
});

test('what a value of the wrong type should have been is told in words', () => {
  expect(problemsOf('mqtt: { password: 12345 }')).toEqual(['mqtt.password: must be text; put a number in quotes']);
  expect(problemsOf('detect: { learning_days: soon }')).toEqual(['detect.learning_days: must be a number']);
  expect(problemsOf('capture: { home_net: 10.0.0.0/8 }')).toEqual([
    'capture.home_net: must be a list, such as [one, two]',
  ]);
  expect(problemsOf('web: here')).toEqual(['web: must be a section, with its settings indented below']);
  expect(problemsOf(null, { THINGWATCH_HOMEASSISTANT_ENABLED: 'maybe' })).toEqual([
    'THINGWATCH_HOMEASSISTANT_ENABLED: homeassistant.enabled: must be true or false',
  ]);
});

test('the environment goes before the file, with types of its own', () => {
  const config = load('mqtt: { url: mqtt://file, username: me }\nweb: { listen: 0.0.0.0:80 }\n', {
    THINGWATCH_MQTT_URL: 'mqtts://environment:8883',
    THINGWATCH_CAPTURE_HOME_NET: '10.0.0.0/8, 2001:db8::/48',
    THINGWATCH_HOMEASSISTANT_ENABLED: 'false',
    THINGWATCH_DETECT_LEARNING_DAYS: '3',
    THINGWATCH_STATE_DIR: '/srv/x',
    HOME: '/root',
  });
  expect(config).toMatchObject({
    state_dir: '/srv/x',
    capture: { home_net: ['10.0.0.0/8', '2001:db8::/48'] },
    mqtt: { url: 'mqtts://environment:8883', username: 'me' },
    homeassistant: { enabled: false },
    web: { listen: '0.0.0.0:80' },
    detect: { learning_days: 3 },
  });
});

test('mistakes in the environment name the variable', () => {
  const problems = problemsOf('state_dir: /srv\n', {
    THINGWATCH_MQTT_URLL: 'x',
    THINGWATCH_MQTT_URL: 'http://x',
    THINGWATCH_DETECT_LEARNING_DAYS: 'seven',
    THINGWATCH_HOMEASSISTANT_ENABLED: 'perhaps',
  });
  expect(problems.map((problem) => problem.split(':')[0])).toEqual([
    'THINGWATCH_MQTT_URLL',
    'THINGWATCH_MQTT_URL',
    'THINGWATCH_HOMEASSISTANT_ENABLED',
    'THINGWATCH_DETECT_LEARNING_DAYS',
  ]);
});

test('a variable does not hide that its section in the file is no section', () => {
  expect(problemsOf('mqtt: 5\n', { THINGWATCH_MQTT_URL: 'mqtt://x' })[0]).toMatch(/mqtt: must be a section/);
});

test('a section whose keys are all commented out says nothing', () => {
  expect(load('web:\n  # listen: 0.0.0.0:80\nmqtt:\n').web.listen).toBe('127.0.0.1:8080');
  expect(load('').state_dir).toBe('./state');
});

test.each([
  ['broken YAML', 'web: [\n', /flow/i],
  ['a key twice', 'web: {}\nweb: {}\n', /unique/],
  ['a list', '- a\n- b\n', /must be a mapping/],
  ['a word', 'hello\n', /must be a mapping/],
  [
    'aliases that multiply',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`).join('\n')}\n`,
    /alias/i,
  ],
  ['a key of the prototype', '__proto__: { state_dir: /x }\n', /__proto__: there is no such setting/],
])('%s is refused in words', (_, yaml, expected) => {
  expect(problemsOf(yaml).join('\n')).toMatch(expected);
});

test.each([
  ['mqtt: { url: "" }', 'mqtt.url'],
  ['mqtt: { base_topic: "a/#" }', 'mqtt.base_topic'],
  ['mqtt: { base_topic: "/a" }', 'mqtt.base_topic'],
  ['sensor_id: "a b"', 'sensor_id'],
  ['web: { base_path: x }', 'web.base_path'],
  ['web: { listen: 8080 }', 'web.listen'],
  ['detect: { learning_days: -1 }', 'detect.learning_days'],
  ['store: { flush_seconds: .nan }', 'store.flush_seconds'],
  ['log: { level: loud }', 'log.level'],
  ['notes: { dirs: one }', 'notes.dirs'],
  ['web: { cert: a.pem }', 'web'],
  ['mqtt: { key: a.pem }', 'mqtt'],
])('%s is refused by its key', (yaml, key) => {
  expect(problemsOf(`${yaml}\n`).map((problem) => problem.split(':')[0])).toEqual([key]);
});

test('frames come from one place: a port, a command or a FRITZ!Box', () => {
  expect(load('capture: { command: "ssh router tcpdump -w -" }').capture.command).toBe('ssh router tcpdump -w -');
  expect(load('capture: { command: [ssh, router, "tcpdump -w -"] }').capture.command).toHaveLength(3);
  expect(problemsOf('capture: { interface: eth0, command: "ssh router" }')).toEqual([
    'capture: interface, command, fritzbox: set one of them at most',
  ]);
  expect(problemsOf('capture: { command: [] }')).toHaveLength(1);
  expect(problemsOf('capture: { command: 7 }')).toEqual(['capture.command: must be text, or a list of texts']);
});

test('a FRITZ!Box needs a password, and what its certificate is trusted by belongs to https', () => {
  expect(load('capture: { fritzbox: { password: hush } }').capture.fritzbox).toEqual({
    url: 'http://fritz.box',
    password: 'hush',
    interface: 'lan',
    insecure: false,
  });
  const box = (settings: string) => problemsOf(`capture: { fritzbox: { password: hush, ${settings} } }`);
  expect(problemsOf('capture: { fritzbox: { username: me } }')).toEqual([
    'capture.fritzbox: needs password or password_file, one of them',
  ]);
  expect(box('password_file: /run/secret')).toHaveLength(1);
  expect(box('insecure: true')).toHaveLength(1);
  expect(box('url: "https://fritz.box", insecure: true')).toEqual([]);
  expect(box('url: "https://fritz.box", insecure: true, ca: box.pem')).toHaveLength(1);
  expect(box('url: "https://me:hush@fritz.box"')).toHaveLength(1);
  expect(box(`url: "https://fritz.box", fingerprint: "${'AB:'.repeat(31)}AB"`)).toEqual([]);
  expect(box('url: "https://fritz.box", fingerprint: "AB:CD"')).toHaveLength(1);
});

test('settings of a section in a section come from the environment as well, and mistakes there are told by its name', () => {
  const environment = {
    THINGWATCH_CAPTURE_FRITZBOX_URL: 'https://192.168.178.1',
    THINGWATCH_CAPTURE_FRITZBOX_PASSWORD: '12345',
    THINGWATCH_CAPTURE_FRITZBOX_INSECURE: 'true',
  };
  expect(load(null, environment).capture.fritzbox).toMatchObject({ password: '12345', insecure: true });
  expect(load(null, { THINGWATCH_CAPTURE_COMMAND: 'ssh router' }).capture.command).toBe('ssh router');
  expect(load(null, { THINGWATCH_CAPTURE_FIX_OFFLOADS: 'true' }).capture.fix_offloads).toBe(true);
  expect(problemsOf(null, { ...environment, THINGWATCH_CAPTURE_FRITZBOX_URL: 'fritz.box' })).toEqual([
    expect.stringMatching(/^THINGWATCH_CAPTURE_FRITZBOX_URL: capture\.fritzbox\.url: must be the address/),
  ]);
});

test('of a file that is no YAML the first twenty places are told, and how many more there are', () => {
  const problems = problemsOf(`web: { listen${','.repeat(500)}}`);
  expect(problems).toHaveLength(21);
  expect(problems[0]).toMatch(/ at line 1, column \d+$/);
  expect(problems.at(-1)).toMatch(/^and \d{3} more places that are no YAML$/);
});

test('metrics are off, and want one token that cannot be guessed and fits a header', () => {
  expect(load(null).metrics).toEqual({});
  expect(load('metrics: { token: 0123456789abcdef }').metrics).toEqual({ token: '0123456789abcdef' });
  expect(load(null, { THINGWATCH_METRICS_TOKEN: 'pr0metheus-reads/this+token=' }).metrics.token).toContain(
    'reads/this',
  );
  expect(load('metrics: { token_file: /run/secret }').metrics).toEqual({ token_file: '/run/secret' });
  const words = 'metrics.token: must be 16 characters or more: letters, digits and - . _ ~ + / alone';
  for (const token of ['0123456789abcde', '"a token with spaces in it"', '"tokens-ümlauts-0123456"'])
    expect(problemsOf(`metrics: { token: ${token} }`)).toEqual([words]);
  expect(problemsOf('metrics: { token: 0123456789abcdef, token_file: /run/secret }')).toEqual([
    'metrics: token and token_file: set one of them at most',
  ]);
});

test('a language that there is is taken; of another it is said which there are', () => {
  expect(load(null).language).toBe('en');
  expect(load('language: de\n').language).toBe('de');
  expect(load(null, { THINGWATCH_LANGUAGE: 'de' }).language).toBe('de');
  expect(problemsOf('language: fr\n')).toEqual(['language: must be one of en, de']);
  expect(problemsOf('language: 5\n')).toEqual(['language: must be one of en, de']);
  expect(problemsOf(null, { THINGWATCH_LANGUAGE: 'DE' })).toEqual([
    'THINGWATCH_LANGUAGE: language: must be one of en, de',
  ]);
});
