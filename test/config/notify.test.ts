// The settings below `notify`, and every mistake in them told with its path and without a secret.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Config, ConfigError, loadConfig } from '../../sensor/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'thingwatch-config-'));
const file = join(directory, 'thingwatch.yaml');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function notify(text: string, environment: Record<string, string> = {}): Config['notify'] {
  writeFileSync(file, text);
  return loadConfig({ file, workingDirectory: directory, environment }).config.notify;
}

function problemsOf(text: string, environment: Record<string, string> = {}): string[] {
  try {
    notify(text, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((line) => line.replace(`${file}: `, ''));
    throw error;
  }
  return [];
}

test('nobody is told unless somebody is named', () => {
  expect(notify('web: {}\n')).toEqual({});
  expect(notify('notify:\n')).toEqual({});
});

test('a topic is all that ntfy needs; each kind keeps what was set', () => {
  const targets = notify(`
notify:
  phone: { kind: ntfy, topic: our-home_7 }
  family: { kind: gotify, url: "https://push.example.net/gotify", token: AbC.123, least: high, quiet: 22:00-07:00, weekly: false, ca: /etc/home-ca.pem }
  flow: { kind: webhook, url: "http://192.168.1.5:1880/hook?key=1", secret_file: /etc/thingwatch/hook, names: true }
`);
  expect(targets).toEqual({
    phone: { kind: 'ntfy', url: 'https://ntfy.sh', topic: 'our-home_7', least: 'medium', weekly: true, names: false },
    family: {
      ...{ kind: 'gotify', url: 'https://push.example.net/gotify', token: 'AbC.123', least: 'high', names: false },
      ...{ quiet: '22:00-07:00', weekly: false, ca: '/etc/home-ca.pem' },
    },
    flow: {
      ...{ kind: 'webhook', url: 'http://192.168.1.5:1880/hook?key=1', secret_file: '/etc/thingwatch/hook' },
      ...{ least: 'medium', weekly: true, names: true },
    },
  });
});

test('phones need nothing but to be named', () => {
  expect(notify('notify: { phones: { kind: webpush } }')).toEqual({
    phones: {
      ...{ kind: 'webpush', least: 'medium', weekly: true, names: false },
      ...{ services: [], contact: 'https://thingwatch.example/' },
    },
  });
  const over =
    'notify: { p: { kind: webpush, quiet: 22:00-07:00, services: [a.example, "127.0.0.1:9443"], ca: /x, contact: "https://me.example" } }';
  expect(notify(over).p).toMatchObject({ services: ['a.example', '127.0.0.1:9443'], ca: '/x', quiet: '22:00-07:00' });
});

test.each([
  ['{ kind: mail, to: me }', 'notify.a.kind: must be ntfy, gotify, webhook or webpush'],
  ['{ topic: x }', 'notify.a.kind: must be ntfy, gotify, webhook or webpush'],
  ['phone', 'notify.a: must be a section, with its settings indented below'],
  ['{ kind: ntfy }', 'notify.a.topic: must be text; put a number in quotes'],
  ['{ kind: webpush, services: ["https://h/x"] }', /^notify\.a\.services\.0: must be hosts such as/],
  ['{ kind: webpush, contact: nobody }', 'notify.a.contact: must be an https:// or mailto: address of yours'],
  ['{ kind: webpush, url: "https://h" }', 'notify.a.url: there is no such setting'],
  ['{ kind: webpush }\n  b: { kind: webpush }', 'notify.b: is the second webpush: a is for all phones'],
  ['{ kind: ntfy, topic: a b }', 'notify.a.topic: may have letters, digits, _ and - only, 64 at most'],
  ['{ kind: ntfy, topic: x, tokn: y }', 'notify.a.tokn: there is no such setting'],
  ['{ kind: ntfy, topic: x, url: "ftp://h" }', /^notify\.a\.url: must be an address such as/],
  ['{ kind: ntfy, topic: x, url: "https://me:pass@h" }', /^notify\.a\.url: must be an address .*without user and pass/],
  ['{ kind: ntfy, topic: x, url: "https://h/?a=1" }', 'notify.a.url: must be an address without ? and #'],
  ['{ kind: ntfy, topic: x, token: "a\\nb" }', 'notify.a.token: must be printable ASCII without spaces'],
  ['{ kind: ntfy, topic: x, token: y, token_file: z }', 'notify.a: needs token or token_file, not both'],
  ['{ kind: gotify, url: "https://h" }', /^notify\.a: needs token or token_file, the token of an application/],
  ['{ kind: gotify, token: t }', 'notify.a.url: must be text; put a number in quotes'],
  ['{ kind: webhook, url: "https://h", secret: a, secret_file: b }', 'notify.a: needs secret or secret_file, not both'],
  ['{ kind: webhook, url: "http://h", ca: x }', 'notify.a.ca: is for an https:// address'],
  ['{ kind: ntfy, topic: x, least: urgent }', /^notify\.a\.least: .*"critical"/],
  ['{ kind: ntfy, topic: x, quiet: "22-7" }', /^notify\.a\.quiet: must be FROM-TO in local time/],
  ['{ kind: ntfy, topic: x, quiet: "24:00-07:00" }', /^notify\.a\.quiet: must be FROM-TO in local time/],
  ['{ kind: ntfy, topic: x, quiet: "07:00-07:00" }', 'notify.a.quiet: begins when it ends'],
])('%s is told off', (settings, problem) => {
  const problems = problemsOf(`notify:\n  a: ${settings}\n`);
  expect(problems).toHaveLength(1);
  if (typeof problem === 'string') expect(problems[0]).toBe(problem);
  else expect(problems[0]).toMatch(problem);
});

test('a secret is in no complaint', () => {
  const problems = problemsOf(`
notify:
  a: { kind: ntfy, topic: "se cret", token: "tk secret", least: secret }
  b: { kind: gotify, url: "https://secret:secret@h", token: 5 }
  c: { kind: webhook, url: "secret", secret: "my secret" }
`);
  expect(problems.length).toBeGreaterThan(5);
  expect(problems.join('\n').replace(/\bsecret(?=: must|_file)/g, '')).not.toMatch(/secret|tk/);
});

test('names are short and plain, and eight are enough', () => {
  expect(problemsOf('notify:\n  "my phone": { kind: ntfy, topic: x }\n')).toEqual([
    'notify.my phone: the name may have letters, digits, _ and - only, 32 at most',
  ]);
  const many = Array.from({ length: 9 }, (_, n) => `  t${n}: { kind: ntfy, topic: x }\n`).join('');
  expect(problemsOf(`notify:\n${many}`)).toEqual(['notify: has more than 8 targets']);
});

test('they stand in the file: the environment has no text for them', () => {
  expect(problemsOf('', { THINGWATCH_NOTIFY: 'ntfy' })).toEqual([
    'THINGWATCH_NOTIFY: notify: must be a section, with its settings indented below',
  ]);
});
