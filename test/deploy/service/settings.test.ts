// The unit with its places filled in, and settings in a file that is a person's own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fillUnit, isOurUnit } from '../../../sensor/deploy/service/unit.ts';
import { settingsIn, withSettings } from '../../../sensor/main/service-settings.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const UNIT = readFileSync(join(ROOT, 'sensor/deploy/thingwatch.service'), 'utf8');
const PLACES = { program: '/opt/here', node: '/usr/bin/node', user: 'watcher', config: null };

test('program, Node, user and configuration stand in the unit, and nothing of a checkout', () => {
  const unit = fillUnit(UNIT, { ...PLACES, config: '/etc/mine.yaml' });
  expect(unit).toContain('WorkingDirectory=/opt/here\n');
  expect(unit).toContain('main.js --config /etc/mine.yaml run\n');
  expect(unit).toContain('main.js --config /etc/mine.yaml doctor --fix-only\n');
  expect(unit).toContain('Documentation=file:///opt/here/README.md\n');
  expect(unit).toContain('User=watcher\n');
  expect(unit).not.toMatch(/start\.mjs|DynamicUser|\/usr\/bin\/env|\/opt\/thingwatch/);
  expect([isOurUnit(unit), isOurUnit(UNIT)]).toEqual([true, false]);
});

test('a Node below /home can be reached, and only then', () => {
  expect(fillUnit(UNIT, PLACES)).toContain('ProtectHome=yes\n');
  expect(fillUnit(UNIT, { ...PLACES, node: '/home/ann/.nvm/bin/node' })).toContain('ProtectHome=read-only\n');
});

test('a unit that was changed is refused, not filled by half', () => {
  expect(() => fillUnit(UNIT.replace('DynamicUser=yes', 'DynamicUser=no'), PLACES)).toThrow('DynamicUser=yes');
});

test('a setting is changed where it stands; comments and the rest stay', () => {
  const before = '# mine\ncapture:\n  interface: eth0 # cellar\nmqtt: { url: "mqtt://a" }\n';
  const after = withSettings(
    before,
    new Map<string, unknown>([
      ['capture.interface', 'eth1'],
      ['capture.home_net', ['10.0.0.0/8']],
    ]),
  );
  expect(after).toBe(
    '# mine\ncapture:\n  interface: eth1 # cellar\n  home_net:\n    - 10.0.0.0/8\nmqtt: { url: "mqtt://a" }\n',
  );
  expect(settingsIn(after)('capture.interface')).toBe('eth1');
  expect(settingsIn('')('capture.interface')).toBeUndefined();
});

test('a new file says what it is', () => {
  expect(withSettings(null, new Map([['web.listen', '0.0.0.0:8080']]))).toMatch(
    /^# Settings of thingwatch; \/opt\/thingwatch\/sensor\/deploy\/manual\/configuration\.md .*\n# After a change.*\nweb:\n {2}listen: 0\.0\.0\.0:8080\n$/,
  );
});
