// From a built checkout to a service that runs, and away again: on a machine made of this one, with real users, files, network, page
// and database. Only systemd is stood in for.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makePackage } from '../../../sensor/deploy/package.mjs';
import { ensureBuilt } from '../../program/program.ts';
import { MachineRoot, SOURCE } from '../../support/machine-root.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
// Each command on that machine is given as long.
vi.setConfig({ testTimeout: 120_000 });

const out = mkdtempSync(join(tmpdir(), 'thingwatch-package-'));
let machine: MachineRoot;

beforeAll(async () => {
  await ensureBuilt();
  machine = await MachineRoot.make();
});
afterAll(async () => {
  await machine?.remove();
  rmSync(out, { recursive: true, force: true });
});

/** Mark and name of each step that was told. */
function stepsIn(out: string): string[] {
  return [...out.matchAll(/^(done|there|would|FAILED) +([a-z-]+) /gm)].map(([, mark, name]) => `${mark} ${name}`);
}

const STEPS = ['tools', 'user', 'program', 'configuration', 'state', 'command', 'unit', 'service', 'offloads'];
const all = (mark: string, names = STEPS) => names.map((name) => `${mark} ${name}`);
const QUICK = '--seconds 0 --no-self-test';
const stateOf = (place: string) => machine.run(`stat -c '%a %U %G' ${place}`).out.trim();

test('without a terminal it asks nothing: it names the flags and the ports, and ends with 2', () => {
  const { code, out } = machine.thingwatch('install');
  expect(code).toBe(2);
  expect(out).toMatch(/no terminal\): give --interface [a-z0-9|]*mirror0[a-z0-9|]* --yes\n$/);
  expect(machine.thingwatch('install --interface mirror7 --yes')).toEqual({
    code: 2,
    out: expect.stringContaining('there is no interface mirror7'),
  });
  expect(machine.thingwatch('uninstall')).toEqual({ code: 2, out: expect.stringContaining('give --yes') });
});

test('who is not root is told so, and may look at what would be done', () => {
  const asNobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
  const command = `${asNobody} node ${SOURCE}/dist/sensor/main.js install --interface mirror0`;
  expect(machine.run(`${command} --yes`)).toEqual({ code: 2, out: expect.stringContaining('this needs root') });
  const dry = machine.run(`${command} --dry-run ${QUICK}`);
  expect([dry.code, stepsIn(dry.out).filter((step) => step.startsWith('would'))]).toEqual([
    0,
    all('would', STEPS.slice(1)),
  ]);
});

test('--dry-run tells every step with the files it writes, and writes none', () => {
  const { code, out } = machine.thingwatch('install --interface mirror0 --dry-run --seconds 0');
  expect([code, stepsIn(out)]).toEqual([0, ['there tools', ...all('would', STEPS.slice(1)), 'would self-test']]);
  for (const file of ['/etc/thingwatch/thingwatch.yaml', '/etc/systemd/system/thingwatch.service', '/opt/thingwatch'])
    expect(out).toContain(file);
  expect(
    machine.run('ls -d /opt/thingwatch* /etc/thingwatch /var/lib/thingwatch; getent passwd thingwatch').out,
  ).not.toMatch(/^\/|^thingwatch:/m);
});

test('the page listens for phones where nobody has set anything up, as with the settings that a package brings; what is said stays', () => {
  const planned = (settings: string) => {
    const { out } = machine.run(
      `mkdir -p /etc/thingwatch; printf '${settings}' >/etc/thingwatch/thingwatch.yaml; node ${SOURCE}/dist/sensor/main.js install --interface mirror0 --dry-run ${QUICK}; rm -r /etc/thingwatch`,
    );
    return /^would +configuration .*$/m.exec(out)?.[0];
  };
  expect(planned('state_dir: /var/lib/thingwatch\\n')).toContain('web.listen: "0.0.0.0:8080"');
  expect(planned('web: { listen: 127.0.0.1:8080 }\\n')).not.toContain('web.listen');
  expect(planned('capture: { interface: eth7 }\\n')).not.toContain('web.listen');
});

test('at a terminal it asks for the port, shows what that sees, and takes a no for a no', () => {
  const command = `node ${SOURCE}/dist/sensor/main.js install --seconds 1 --dry-run`;
  const answers = ['mirror0', 'n', 'mirror0', 'y'].join('\n');
  const { out } = machine.run(`script -qec '${command}' /dev/null`, `${answers}\n`);
  expect(out.match(/Which port is at the mirror\?/g)).toHaveLength(2);
  expect(out).toMatch(/\d\) mirror0 .* up\r?\n/);
  expect(out).toMatch(/Watching mirror0 for 1 seconds …\r?\n {2}\S.*\r?\n {2}\d+ devices, \d+ packets of use/);
  expect(out).toContain('capture.interface: "mirror0"');
});

test('one command makes a service that runs: as a user of its own, with a page that answers, and a link to pair', () => {
  const play = `tcpreplay -q -i switch0 --loop=0 --pps=300 ${SOURCE}/test/captures/demo.pcap >/dev/null 2>&1`;
  const { code, out } = machine.run(
    `${play} & node ${SOURCE}/dist/sensor/main.js install --interface mirror0 --home-net 192.168.0.0/16 --yes --seconds 3 --no-self-test; code=$?; kill $!; exit $code`,
  );
  expect(stepsIn(out), out).toEqual(['there tools', ...all('done', STEPS.slice(1, -1)), 'there offloads']);
  expect(code).toBe(0);
  expect(Number(/^ {2}(\d+) devices/m.exec(out)?.[1])).toBeGreaterThan(2);
  expect(out).toMatch(/http:\/\/192\.168\.77\.2:8080\/#\/pair\/\S+\n[^█▀▄]*(?:.*[█▀▄].*\n){10}/);
  expect(machine.run('curl -s -o /dev/null -w "%{http_code}" http://192.168.77.2:8080/').out).toBe('200');
  const running = machine.run('ps -o user:16=,args= -p "$(cat /run/stand-in/pid)"').out;
  expect(running).toMatch(/^thingwatch +\S*node dist\/sensor\/main\.js run/);
  expect(machine.run('ethtool -k mirror0').out).toMatch(/generic-receive-offload: off/);
});

test('what may hold secrets is for the service alone, and what root runs is changed by root alone', () => {
  expect(stateOf('/var/lib/thingwatch')).toBe('700 thingwatch thingwatch');
  expect(stateOf('/etc/thingwatch/thingwatch.yaml')).toBe('640 root thingwatch');
  expect(machine.run('find /opt/thingwatch /usr/local/bin/thingwatch ! -user root -o -perm /022 ! -type l').out).toBe(
    '',
  );
  expect(machine.run('du -sm /opt/thingwatch | cut -f1').out.trim()).toMatch(/^[12]?\d$/);
});

test('the unit is that of the checkout with its places filled in, and systemd finds it as good', () => {
  const { out } = machine.run(
    'systemd-analyze verify /etc/systemd/system/thingwatch.service; systemd-analyze security --offline=true --no-pager --threshold=15 /etc/systemd/system/thingwatch.service',
  );
  expect(out).toMatch(/Overall exposure level .*: (?:0\.\d|1\.[0-5]) /);
  expect(out).not.toMatch(/thingwatch\.service:\d+:/);
  const unit = machine.run('cat /etc/systemd/system/thingwatch.service').out;
  const source = readFileSync(join(ROOT, 'sensor/deploy/thingwatch.service'), 'utf8');
  const lines = (text: string) => text.split('\n').filter((line) => /^\w+=/.test(line));
  const own = lines(unit).filter((line) => !lines(source).includes(line));
  expect(own.map((line) => line.replace(/\/\S+\/node\b/g, 'NODE'))).toEqual([
    'ExecStartPre=-+NODE dist/sensor/main.js doctor --fix-only',
    'ExecStart=/usr/bin/perl sensor/deploy/with-notify.pl NODE dist/sensor/main.js run',
    'User=thingwatch',
  ]);
});

test('a second run finds everything there; a third repeats just what is missing', () => {
  const again = machine.thingwatch(`install --yes ${QUICK}`);
  expect([again.code, stepsIn(again.out)]).toEqual([0, all('there')]);
  machine.run('rm /usr/local/bin/thingwatch; chmod 755 /var/lib/thingwatch');
  const third = machine.thingwatch(`install --yes ${QUICK}`);
  expect(stepsIn(third.out).filter((step) => !step.startsWith('there'))).toEqual(['done state', 'done command']);
});

test('settings of a person stay where another port is chosen, comments too, and the service starts anew with it', () => {
  machine.run('printf "# mine\\nlog: { level: debug } # loud\\n" >>/etc/thingwatch/thingwatch.yaml');
  const { code, out } = machine.thingwatch(`install --interface switch0 --yes ${QUICK}`);
  expect([code, stepsIn(out).filter((step) => !step.startsWith('there'))]).toEqual([
    0,
    ['done configuration', 'done service', ...(out.includes('done    offloads') ? ['done offloads'] : [])],
  ]);
  const file = machine.run('cat /etc/thingwatch/thingwatch.yaml').out;
  expect(file).toContain('# mine\nlog: { level: debug } # loud\n');
  expect(file).toContain('interface: switch0');
  expect(machine.run('cat /run/stand-in/log').out).toContain('Capturing on switch0');
});

test('a step that fails ends it with what was done, what was not, why and what to do; what ran goes on', () => {
  machine.run('mv /etc/systemd/system/thingwatch.service /tmp/unit; mkdir /etc/systemd/system/thingwatch.service');
  const { code, out } = machine.thingwatch(`install --yes ${QUICK}`);
  machine.run('rmdir /etc/systemd/system/thingwatch.service; mv /tmp/unit /etc/systemd/system/thingwatch.service');
  expect(code).toBe(1);
  expect(out).toMatch(/^FAILED {2}unit .*EISDIR/m);
  expect(out).toContain(
    'Done: tools, user, program, configuration, state, command. Not done: unit, service, offloads.',
  );
  expect(out).toMatch(/^To do: .* Then give the command again\.$/m);
  expect(machine.thingwatch(`install --yes ${QUICK}`).code).toBe(0);
});

test('status says on one screen how it does', () => {
  const { code, out } = machine.run('thingwatch status');
  expect(code).toBe(0);
  expect(out.split('\n').length).toBeLessThan(24);
  expect(out).toMatch(/^service +active since \S.*\nversion +\d+\.\d+\.\d+ \(build [0-9a-f]{8}\)/);
  for (const row of [
    /^source +switch0$/m,
    /^page +http:\/\/192\.168\.77\.2:8080\/ answers/m,
    /^broker .*127\.0\.0\.1:1883/m,
  ])
    expect(out).toMatch(row);
  expect(out).toMatch(/^disk +[\d.]+ GB of [\d.]+ GB free/m);
  expect(out).toMatch(/^update .*has nothing newer built/m);
});

test('update pulls first, and leaves the rest to the program that came', () => {
  const git = 'git -c user.name=a -c user.email=a@b.example';
  machine.run(
    `git config --system safe.directory '*' && cd ${SOURCE} && rm -rf .git && git init -q -b main && git add package.json && ${git} commit -qm one && git clone -q --bare . /srv/origin.git && git remote add origin /srv/origin.git && git fetch -q && git branch -qu origin/main && chown -R --reference=. .git`,
  );
  expect(machine.thingwatch('update').out).toMatch(/^there +pull +[0-9a-f]{12}\nthere +program /);
  machine.run(
    `git clone -q /srv/origin.git /srv/other && cd /srv/other && sed -i 's/"version": ".*"/"version": "0.1.9"/' package.json && ${git} commit -qam two && git push -q`,
  );
  // As after an install: from wherever it is given.
  const { code, out } = machine.run('thingwatch update');
  expect([code, out]).toEqual([0, expect.stringMatching(/^done +pull +[0-9a-f]{12}\ndone +program +0\.1\.9 .* runs/m)]);
  machine.run(
    `cd ${SOURCE} && ${git} commit -q --allow-empty -m mine && cd /srv/other && ${git} commit -q --allow-empty -m other && git push -q`,
  );
  expect(machine.thingwatch('update')).toEqual({
    code: 1,
    out: expect.stringContaining('Nothing was changed. Pull by hand'),
  });
});

/** Makes the checkout there one of another version, as a pull and a build would. */
function newerCheckout(version: string, edit = ':'): void {
  machine.run(`cd ${SOURCE} && sed -i 's/"version": ".*"/"version": "${version}"/' package.json && ${edit}`);
}

test('update puts the new build in the place of the old one, which stays beside it, as does a copy of the database', () => {
  newerCheckout('0.2.0');
  expect(machine.run('thingwatch status').out).toMatch(/^update .* has 0\.2\.0 .*sudo thingwatch update$/m);
  expect(machine.thingwatch('update --no-pull --dry-run').out).toMatch(/^would +program +0\.2\.0/m);
  const { code, out } = machine.thingwatch('update --no-pull');
  expect([code, out]).toEqual([0, expect.stringMatching(/^done +program +0\.2\.0 .* runs/)]);
  expect(machine.run('thingwatch --version').out).toBe('0.2.0\n');
  expect(machine.run('node /opt/thingwatch.previous/dist/sensor/main.js --version').out).toMatch(/^0\.1\./);
  expect(stateOf('/var/lib/thingwatch/thingwatch.db.before-update')).toBe('600 thingwatch thingwatch');
  expect(machine.thingwatch('update --no-pull')).toEqual({ code: 0, out: expect.stringMatching(/^there +program/) });
});

test('a new build that does not come up gives way to the old one, with the database as it was before', () => {
  // It harms the database as a failed migration could, and then dies: only what `run` loads is broken.
  const breakIt = `const D = require('better-sqlite3'); new D('/var/lib/thingwatch/thingwatch.db').exec('DROP TABLE incidents'); throw new Error('a broken build');`;
  newerCheckout(
    '0.3.0',
    `rm dist/sensor/chunks/kept-run.js* && cat > dist/sensor/chunks/kept-run.js <<'END'\n${breakIt}\nEND`,
  );
  const { code, out } = machine.thingwatch('update --no-pull');
  expect(code).toBe(1);
  expect(out).toMatch(/^FAILED {2}program +0\.3\.0 .*a broken build/);
  expect(out).toMatch(/The build before \(0\.2\.0 .*\) runs again with the database of before/);
  expect(machine.run('thingwatch --version').out).toBe('0.2.0\n');
  const { code: isUp, out: status } = machine.run('thingwatch status');
  expect([isUp, status]).toEqual([0, expect.stringMatching(/^incident +(?:none|\d{4}-)/m)]);
});

test('what lies in the program’s place and is not ours is not touched', () => {
  machine.run('mv /opt/thingwatch /opt/ours && mkdir /opt/thingwatch && touch /opt/thingwatch/mine');
  const { code, out } = machine.thingwatch(`install --yes ${QUICK}`);
  machine.run('test -e /opt/thingwatch/mine && rm -r /opt/thingwatch && mv /opt/ours /opt/thingwatch');
  expect([code, out]).toEqual([1, expect.stringMatching(/^FAILED {2}program .*was not made by/m)]);
  expect(machine.run('thingwatch --version').out).toBe('0.2.0\n');
});

test('uninstall takes the service away and keeps what is known; with --purge nothing stays', () => {
  const { code, out } = machine.run('thingwatch uninstall --yes');
  expect([code, stepsIn(out)]).toEqual([0, all('done', ['service', 'unit', 'command', 'program'])]);
  expect(out).toContain('Kept: /etc/thingwatch/thingwatch.yaml, /var/lib/thingwatch and the user thingwatch');
  expect(machine.run('ls -d /opt/thingwatch* /etc/systemd/system/thingwatch.service').out).not.toMatch(/^\//m);
  expect(machine.run('ls /var/lib/thingwatch/thingwatch.db; ps axo user:16 | grep -c thingwatch').out).toMatch(
    /thingwatch\.db\n0\n/,
  );
  const purged = machine.thingwatch('uninstall --purge --yes');
  expect([purged.code, stepsIn(purged.out).filter((step) => step.startsWith('done'))]).toEqual([
    0,
    all('done', ['configuration', 'state', 'user']),
  ]);
  expect(machine.run('ls -d /var/lib/thingwatch /etc/thingwatch; getent passwd thingwatch').out).not.toMatch(
    /^\/|^thingwatch:/m,
  );
});

test('after the package is installed the same command starts its service; an upgrade starts it again, removal ends it', async () => {
  // What Debian's scripts take for a systemd that runs.
  machine.run('mkdir -p /run/systemd/system');
  const { file } = await makePackage({ out, version: '1.2.3', packing: 'none' });
  machine.run(
    `cd /srv && dpkg-deb -R ${file} next && sed -i s/1.2.3/1.2.4/ next/DEBIAN/control next/usr/lib/thingwatch/package.json && dpkg-deb -Znone -b next next.deb`,
  );
  // dpkg alone, which fetches nothing, and without this machine's other packages taking notice.
  const dpkg = 'dpkg --no-triggers --force-unsafe-io --force-confold --force-depends';
  expect(machine.run(`${dpkg} -i ${file}`).out).toContain('"sudo thingwatch install" chooses the port');
  const { code, out: said } = machine.run(`thingwatch install --interface mirror0 --yes ${QUICK}`);
  expect([code, stepsIn(said)], said).toEqual([
    0,
    ['there tools', 'there user', 'done configuration', 'there state', 'done service', 'there offloads'],
  ]);
  expect(machine.run('thingwatch status')).toEqual({
    code: 0,
    out: expect.stringContaining('1.2.3 in /usr/lib/thingwatch'),
  });
  expect(machine.run('thingwatch update')).toEqual({ code: 2, out: expect.stringContaining('apt-get install') });
  expect(machine.run('thingwatch uninstall --yes')).toEqual({
    code: 2,
    out: expect.stringContaining('apt-get remove'),
  });
  const first = machine.run('cat /run/stand-in/pid').out;
  expect(machine.run(`${dpkg} -i /srv/next.deb`).code).toBe(0);
  expect(machine.run('thingwatch status')).toEqual({ code: 0, out: expect.stringContaining('1.2.4 in') });
  expect(machine.run('cat /run/stand-in/pid').out).not.toBe(first);
  expect(machine.run('dpkg --no-triggers -r thingwatch; cat /run/stand-in/active').out).toMatch(/inactive$/);
  expect(
    machine.run('dpkg --no-triggers -P thingwatch; ls -d /var/lib/thingwatch /etc/thingwatch /usr/lib/thingwatch').out,
  ).not.toMatch(/^\//m);
});
