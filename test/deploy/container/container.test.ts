// What an image and an add-on are built from, and how they say that they are to be run. That they build and run as they say is tried by
// `npm run container -- --try`, which takes minutes, buildah and Debian's mirror.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../sensor/config.ts';
import { addOnConfig, addOnContainerfile, layOut } from '../../../sensor/deploy/container.mjs';
import { ensureBuilt } from '../../program/program.ts';

const out = mkdtempSync(join(tmpdir(), 'thingwatch-container-test-'));
let container: string;
let addOn: string;
const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

beforeAll(async () => {
  await ensureBuilt();
  ({ container, addOn } = await layOut({ out, packing: 'none' }));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Throws where a setting is none, or not as it should be. */
function configOf(environment: Record<string, string>, settings: object = {}) {
  const file = join(out, 'settings.json');
  writeFileSync(file, JSON.stringify(settings));
  return loadConfig({ file, workingDirectory: out, environment }).config;
}

/** Of a Containerfile, by instruction; continued lines are one. */
function instructions(text: string): [string, string][] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n');
  return lines.filter((line) => line !== '').map((line) => [line.split(' ', 1)[0] ?? '', line.replace(/^\S+ +/, '')]);
}

describe.each([
  ['Containerfile', () => container],
  ['Dockerfile', () => addOn],
])('%s', (name, folder) => {
  test('installs the package that lies beside it and copies nothing that does not', () => {
    const copied = instructions(read(folder(), name)).filter(([word]) => word === 'COPY');
    const sources = copied.map(([, rest]) => rest.split(' ')[0] ?? '');
    expect(sources).toEqual(['thingwatch.deb', 'entry.sh']);
    for (const source of sources) expect(existsSync(join(folder(), source)), source).toBe(true);
    const { status, stdout } = spawnSync('dpkg-deb', ['-f', join(folder(), 'thingwatch.deb'), 'Package']);
    expect([status, `${stdout}`]).toEqual([0, 'thingwatch\n']);
  });

  test('takes another base by its argument, and needs no builder of one maker', () => {
    const [base, from] = instructions(read(folder(), name));
    expect(base).toEqual(['ARG', 'BASE=docker.io/library/debian:trixie-slim']);
    expect(from).toEqual(['FROM', expect.stringMatching(/^\$\{BASE\}$/)]);
    expect(read(folder(), name)).not.toMatch(/--mount=|--chmod=|<</);
  });

  test('starts by the entry, which a shell can read', () => {
    const start = instructions(read(folder(), name)).find(([word]) => word === 'ENTRYPOINT')?.[1] ?? '';
    expect(JSON.parse(start)).toEqual(['/bin/sh', '/usr/lib/thingwatch/entry.sh']);
    expect(spawnSync('sh', ['-n', join(folder(), 'entry.sh')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

test('compose.yaml: the host’s network, a user, one capability, and nothing to write but its state', () => {
  const { services, volumes } = parse(read(container, 'compose.yaml'));
  expect(Object.keys(services)).toEqual(['thingwatch']);
  const { build, thingwatch } = { build: services.thingwatch.build, ...services };
  expect(thingwatch).toMatchObject({
    network_mode: 'host',
    cap_drop: ['ALL'],
    cap_add: ['NET_RAW'],
    read_only: true,
    restart: 'unless-stopped',
  });
  for (const key of ['privileged', 'pid', 'ipc', 'devices', 'userns_mode', 'ports', 'security_opt'])
    expect(thingwatch, key).not.toHaveProperty(key);
  expect(existsSync(join(container, build.dockerfile))).toBe(true);

  const file = read(container, 'Containerfile');
  const uid = /useradd [^\n]*--uid (\d+)/.exec(file)?.[1];
  expect(thingwatch.user).toBe(`${uid}:${/groupadd [^\n]*--gid (\d+)/.exec(file)?.[1]}`);
  expect(file).toMatch(/^ARG RUN_AS=thingwatch$/m);

  const { state_dir: state, web } = configOf(thingwatch.environment);
  expect(thingwatch.volumes).toEqual([`state:${state}`]);
  expect(volumes).toHaveProperty('state');
  expect(file).toContain(`VOLUME ${state}\n`);
  expect(web.listen).toBe('0.0.0.0:8080');
});

test('the entry forbids to get more rights on every way to the program, and hands on one at most', () => {
  const code = read(container, 'entry.sh').replace(/^ *#.*$/gm, '');
  const starts = [...code.matchAll(/^ *exec (.*)$/gm)].map(([, command = '']) => command);
  expect(starts).toHaveLength(3);
  const rights = /^rights='(.*)'$/m.exec(code)?.[1] ?? '';
  for (const start of starts) {
    const whole = start.replace('$rights', rights);
    expect(whole).toMatch(/--no-new-privs.* thingwatch "\$@"$/);
    expect([...whole.matchAll(/--\S+-(?:caps|set)=(\S+)/g)].every(([, caps]) => caps === '-all,+net_raw')).toBe(true);
  }
});

describe('the add-on', () => {
  const config = () => parse(read(addOn, 'config.yaml'));
  /** Keys of an add-on that ours uses, as the Supervisor knows them (supervisor/apps/validate.py); others it leaves out unsaid. */
  const KNOWN = [
    ...['name', 'version', 'slug', 'description', 'arch', 'startup', 'boot', 'host_network', 'privileged', 'ingress'],
    ...['ingress_port', 'panel_icon', 'panel_title', 'watchdog', 'timeout', 'tmpfs', 'backup', 'map', 'environment'],
    ...['options', 'schema'],
  ];
  const SAMPLES: Record<string, string> = { 'capture.home_net': '10.0.0.0/8', 'mqtt.url': 'mqtt://127.0.0.1:1883' };
  /** Of supervisor/apps/options.py, as far as ours has them. */
  const ELEMENT = /^(?:str|password|bool|port|list\([^()]+\))\??$/;

  test('has keys that Home Assistant knows, asks for one capability and for no access to Home Assistant', () => {
    expect(Object.keys(config()).filter((key) => !KNOWN.includes(key))).toEqual([]);
    expect(config()).toMatchObject({ privileged: ['NET_RAW'], host_network: true, ingress: true, startup: 'services' });
    expect(config().watchdog).toMatch(/^tcp:\/\/\[HOST\]:\d+$/);
    expect(addOnContainerfile()).toMatch(/^ARG RUN_AS=root$/m);
  });

  test('is of the version and the kind of machine that the package is of', () => {
    const field = (name: string) =>
      `${spawnSync('dpkg-deb', ['-f', join(addOn, 'thingwatch.deb'), name]).stdout}`.trim();
    expect(config().version).toBe(field('Version'));
    expect(config().arch).toEqual([field('Architecture') === 'arm64' ? 'aarch64' : field('Architecture')]);
    expect(parse(addOnConfig({ version: '1.10', architecture: 'aarch64' }))).toMatchObject({
      version: '1.10',
      arch: ['aarch64'],
    });
    expect(() => addOnConfig({ version: '1', architecture: 'amd64' }, 'name: x\n')).toThrow('no line is like');
  });

  test('its options are settings of the sensor, in the form that Home Assistant asks for', () => {
    const { environment, ingress_port: port, options, schema } = config();
    const settings = configOf(environment, options);
    expect(settings.web).toMatchObject({ listen: `0.0.0.0:${port}`, base_path: '/' });
    expect(settings.state_dir).toMatch(/^\/data\//);
    for (const [section, keys] of Object.entries<Record<string, string | [string]>>(schema)) {
      // A section that has no default would be called missing when none of it is set.
      expect(options, section).toHaveProperty(section);
      for (const [key, element] of Object.entries(keys)) {
        const type = Array.isArray(element) ? element[0] : element;
        expect(type, key).toMatch(ELEMENT);
        if (!type.endsWith('?')) expect(options[section], key).toHaveProperty(key);
        const choice = /^list\((\w+)/.exec(type)?.[1] ?? SAMPLES[`${section}.${key}`] ?? 'x';
        const value = Array.isArray(element) ? [choice] : choice;
        expect(() => configOf({}, { ...options, [section]: { [key]: value } }), `${section}.${key}`).not.toThrow();
      }
    }
  });
});
