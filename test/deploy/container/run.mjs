// `run.mjs IMAGE.json ROOTFS FOLDER SCRATCH compose|add-on`, in network and mount namespaces that the caller made: runs an image as
// compose.yaml or the add-on's config.yaml in FOLDER says, and looks at what came of it. A line each on standard output.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { firstAlert, MIRROR, makeCable } from '../first-alert.mjs';
import { throughIngress } from './ingress.mjs';
import { serviceOfAddOn, specOf } from './runtime.mjs';

const [imageFile, rootfs, folder, scratch, how] = process.argv.slice(2);
const image = JSON.parse(readFileSync(imageFile, 'utf8')).OCIv1.config;
const USER = 825;
const NET_RAW = 1n << 13n;

function fail(text) {
  throw new Error(text);
}

/** Says that it holds, or ends the trial. */
async function check(what, look) {
  try {
    const said = await look();
    console.log(`ok    ${what}${typeof said === 'string' ? `: ${said}` : ''}`);
  } catch (error) {
    console.log(`FAIL  ${what}\n${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}

let bundles = 0;

/** The command that runs a container of this image. */
function container(options) {
  bundles += 1;
  const bundle = path.join(scratch, `${how}-${bundles}`);
  mkdirSync(bundle);
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(specOf(image, { rootfs, ...options })));
  return [
    'crun',
    '--root',
    path.join(scratch, 'crun'),
    '--cgroup-manager=disabled',
    'run',
    '-b',
    bundle,
    `${how}-${bundles}`,
  ];
}

function inside(options) {
  const [program, ...args] = container(options);
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}`.trim() };
}

/** As a shell in the container does, with the same rights. */
function statusInside(script, options) {
  const [program, ...args] = container(options);
  const file = path.join(args.at(-2), 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8'));
  spec.process.args = ['sh', '-c', script];
  writeFileSync(file, JSON.stringify(spec));
  return spawnSync(program, args).status;
}

/** A volume as an engine fills it the first time: with the image's own folder, its owner and its rights. */
function volume(name, place) {
  const made = path.join(scratch, name);
  mkdirSync(made);
  const { gid, mode, uid } = statSync(path.join(rootfs, place));
  chownSync(made, uid, gid);
  spawnSync('chmod', [(mode & 0o7777).toString(8), made]);
  return made;
}

/** All processes of the container, by what they are. */
function processesBelow(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => processesBelow(Number(child)))];
}

function rightsOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const set = (name) => BigInt(`0x${new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)[1]}`);
  return {
    uids: /^Uid:\s*(.*)$/m.exec(status)[1].split(/\s+/).map(Number),
    permitted: set('CapPrm'),
    bounding: set('CapBnd'),
    isFinal: /^NoNewPrivs:\s*1$/m.test(status),
  };
}

const isNode = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('/node\0');

/** Keeper, sensor and capture: a user each, nothing but the raw socket within reach, and the sensor without even that. */
function checkRights(pid) {
  const node = processesBelow(pid)
    .filter(isNode)
    .map((one) => ({ command: readFileSync(`/proc/${one}/cmdline`, 'latin1'), ...rightsOf(one) }));
  if (node.length !== 3) fail(`${node.length} processes of Node, not keeper, sensor and capture`);
  for (const { bounding, command, isFinal, permitted, uids } of node) {
    const name = command.replaceAll('\0', ' ');
    if (uids.some((uid) => uid !== USER)) fail(`${name}runs as ${uids}`);
    if (!isFinal) fail(`${name}could get more rights`);
    if ((permitted & ~NET_RAW) !== 0n) fail(`${name}holds ${permitted.toString(16)}`);
    if (how === 'compose' && bounding !== NET_RAW) fail(`${name}is bounded by ${bounding.toString(16)}`);
  }
  const sensor = node.find(({ command }) => command.includes('--kept'));
  if (sensor?.permitted !== 0n) fail('the sensor itself holds a right');
  return 'keeper, sensor and capture are user 825 under no_new_privs; NET_RAW is all there is, and the sensor has not even that';
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const told = ({ alert, alertMs, readyMs }) => {
  if (alert.event_type !== 'mail_started' || alert.stored !== true) fail(JSON.stringify(alert));
  return `ready after ${seconds(readyMs)}, alert ${alertMs.toFixed(0)} ms after the SYN`;
};

async function compose() {
  const [service] = Object.values(parse(readFileSync(path.join(folder, 'compose.yaml'), 'utf8')).services);
  const place = '/var/lib/thingwatch';
  const state = volume('state', place);
  service.environment.THINGWATCH_CAPTURE_INTERFACE = MIRROR;
  const options = { service, volumes: { [place]: state } };
  const version = JSON.parse(readFileSync(path.join(rootfs, 'usr/lib/thingwatch/package.json'), 'utf8')).version;

  await check('as Docker runs compose.yaml: its version', () => {
    const { code, said } = inside({ ...options, engine: 'docker', command: ['--version'] });
    return code === 0 && said === version ? said : fail(said);
  });
  await check('self-test', () => {
    const { code, said } = inside({ ...options, engine: 'docker', command: ['self-test'] });
    return code === 0 ? said.split('\n').at(-1) : fail(said);
  });
  await check('authorities for https:// targets are there', () => {
    if (!existsSync(path.join(rootfs, 'etc/ssl/certs/ca-certificates.crt')))
      fail('no /etc/ssl/certs/ca-certificates.crt');
  });
  await check('the root is read-only, the state is not', () => {
    const run = (script) => statusInside(script, { ...options, engine: 'docker' });
    if (run('test ! -w / && test ! -w /etc && test ! -w /usr/lib/thingwatch') !== 0) fail('a place can be written');
    if (run(`touch ${place}/mine && rm ${place}/mine && touch /tmp/mine`) !== 0)
      fail('state or /tmp cannot be written');
  });
  let rights = '';
  await check('run: page, broker, first alert', async () => {
    const whileItRuns = ({ pid }) => {
      rights = checkRights(pid);
    };
    return told(await firstAlert({ command: container({ ...options, engine: 'docker' }), whileItRuns }));
  });
  await check(rights, () => {});
  await check('what it knows is in the volume, its user’s alone', () => {
    const { mode, uid } = statSync(path.join(state, 'thingwatch.db'));
    if (uid !== USER || (mode & 0o077) !== 0) fail(`thingwatch.db: ${uid}, ${mode.toString(8)}`);
    const { code, said } = inside({ ...options, engine: 'docker', command: ['evidence'] });
    if (code !== 0 || !said.includes('trying to reach mail servers')) fail(said);
  });
  await check('as Podman runs it', async () => {
    const own = { ...options, volumes: { [place]: volume('podman', place) } };
    return told(
      await firstAlert({
        command: container({ ...own, engine: 'podman' }),
        whileItRuns: ({ pid }) => checkRights(pid),
      }),
    );
  });
  await check('as Podman runs it with no-new-privileges', async () => {
    const safe = { ...service, security_opt: ['no-new-privileges:true'] };
    const own = { service: safe, volumes: { [place]: volume('podman-safe', place) } };
    return told(
      await firstAlert({
        command: container({ ...own, engine: 'podman' }),
        whileItRuns: ({ pid }) => checkRights(pid),
      }),
    );
  });
  await check('without NET_RAW it says what is missing', () => {
    const bare = { ...service, cap_add: [] };
    const [program, ...args] = container({ ...options, service: bare, engine: 'docker' });
    const { stderr } = spawnSync('timeout', ['5', program, ...args], { encoding: 'utf8' });
    return stderr.includes('may not open a raw socket') || fail(stderr);
  });
}

async function addOn() {
  const config = parse(readFileSync(path.join(folder, 'config.yaml'), 'utf8'));
  const data = path.join(scratch, 'data');
  mkdirSync(data);
  const settings = { ...config.options, capture: { interface: MIRROR }, web: { host_names: ['home.example'] } };
  writeFileSync(path.join(data, 'options.json'), JSON.stringify(settings), { mode: 0o600 });
  const options = { service: serviceOfAddOn(config), volumes: { '/data': data }, engine: 'docker' };
  let said = '';
  await check('as Home Assistant runs the add-on: first alert', async () => {
    const whileItRuns = async ({ pid }) => {
      said = checkRights(pid);
      await throughIngress({ pid: processesBelow(pid).find(isNode), port: config.ingress_port });
    };
    return told(await firstAlert({ command: container(options), whileItRuns }));
  });
  await check(said, () => {});
  await check('its page comes through ingress, pairs there, and goes on telling', () => {});
  await check('its state is in /data, its user’s alone; its options are', () => {
    const { mode, uid } = statSync(path.join(data, 'state'));
    if (uid !== USER || (mode & 0o077) !== 0) fail(`state: ${uid}, ${mode.toString(8)}`);
    if (!readdirSync(path.join(data, 'state')).includes('thingwatch.db')) fail('no database');
    const written = path.join(rootfs, 'etc/thingwatch/thingwatch.yaml');
    if (!existsSync(written) || (statSync(written).mode & 0o007) !== 0) fail('others can read the options');
  });
}

makeCable();
await (how === 'compose' ? compose() : addOn());
