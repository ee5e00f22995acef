// `npm run container [-- FOLDER]`: lays out in packages/ or FOLDER what an image is built from: container/ for Docker and Podman, and
// home-assistant/thingwatch/ as an add-on. The image installs our Debian package, so there is one way of building. `-- --try [ROOT]`
// builds and runs both (test/deploy/container).
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { makePackage, packageVersion } from './package.mjs';
import { orExplain, setUp } from './set-up.mjs';
import { root, runStep, SetUpError, say } from './steps.mjs';

const DEPLOY = path.join(root, 'sensor/deploy');
const read = (name) => readFileSync(path.join(DEPLOY, name), 'utf8');

/** What Home Assistant calls a machine that Node and Debian call otherwise. */
const ARCHITECTURES = { x64: 'amd64', arm64: 'aarch64' };

/** Home Assistant starts it as root, whose the add-on's state is; the entry sees to the rest. */
export function addOnContainerfile(text = read('Containerfile')) {
  return replaced(text, /^ARG RUN_AS=.*$/m, 'ARG RUN_AS=root');
}

/** The add-on's description, for this version and this kind of machine. */
export function addOnConfig({ version, architecture }, text = read('home-assistant/config.yaml')) {
  const versioned = replaced(text, /^version: .*$/m, `version: ${JSON.stringify(version)}`);
  return replaced(versioned, /^arch: .*$/m, `arch: [${architecture}]`);
}

function replaced(text, pattern, by) {
  if (!pattern.test(text)) throw new Error(`no line is like ${pattern}`);
  return text.replace(pattern, by);
}

/**
 * @param options.out folder to write both to; what lay there under their names goes
 * @returns the two folders
 */
export async function layOut({ out, packing = 'xz' }) {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new SetUpError(`Home Assistant has no name for ${process.arch}`);
  const [container, addOn] = [path.join(out, 'container'), path.join(out, 'home-assistant/thingwatch')];
  for (const folder of [container, addOn]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  const { file } = await makePackage({ out: container, packing });
  renameSync(file, path.join(container, 'thingwatch.deb'));
  copyFileSync(path.join(DEPLOY, 'container/entry.sh'), path.join(container, 'entry.sh'));
  cpSync(container, addOn, { recursive: true });
  for (const name of ['Containerfile', 'compose.yaml']) writeFileSync(path.join(container, name), read(name));
  writeFileSync(path.join(addOn, 'Dockerfile'), addOnContainerfile());
  writeFileSync(path.join(addOn, 'config.yaml'), addOnConfig({ version: packageVersion(), architecture }));
  writeFileSync(path.join(addOn, 'DOCS.md'), read('home-assistant/DOCS.md'));
  return { container, addOn };
}

async function make(out) {
  const { addOn, container } = await layOut({ out });
  say(`${container}: "docker compose up -d --build" there builds and starts it`);
  say(`${addOn}: for Home Assistant; its DOCS.md says where it goes`);
}

/** On a Debian of its own; `base` is one that debootstrap made before. */
async function tryIt(base) {
  const out = mkdtempSync(path.join(tmpdir(), 'thingwatch-container-'));
  try {
    const { addOn, container } = await layOut({ out, packing: 'none' });
    const script = path.join(root, 'test/deploy/container/try.sh');
    const { code } = await runStep(script, [container, addOn, ...base], { output: 'inherit' });
    return code;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [first, ...rest] = process.argv.slice(2);
  const code = await orExplain(async () => {
    await setUp({ forTests: false });
    if (first === '--try') return tryIt(rest.slice(0, 1));
    await make(path.resolve(first ?? path.join(root, 'packages')));
    return 0;
  });
  if (code !== null) process.exitCode = code;
}
