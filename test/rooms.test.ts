// The plan of the house, checked: imports point left along the spine, files stay readable, the page stays apart.
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 350;
/** Installed by themselves, for those who run a fleet. */
const APART = ['node_modules'];
/** Code that server and page both run; shapes without behaviour and two pure functions. */
const SHARED_WITH_PAGE = ['web/shapes.ts', 'web/activity-strip.ts', 'web/addresses.ts', 'web/fleet/shapes.ts'];
/** Rooms whose types the page may name; nothing of them reaches the browser. */
const PAGE_TYPES = ['record', 'attribute', 'detect'];

/** The spine, left to right. A room imports from itself and from what is left of it. */
const ORDER = [
  'language',
  'notes',
  'capture',
  'decode',
  'attribute',
  'detect',
  'engine',
  'record',
  'publish',
  'fleet',
  'web',
];

/** Files that every room may look into: how to speak, where the project lies, how stored data is checked, how a server's door is kept. */
const COMMON = ['log', 'checkout', 'crowd', 'doors', 'lazily', 'plain-data', 'token-bucket'];

/** Files beside the spine, and the rooms they may look into. */
const BESIDE: Record<string, readonly string[]> = {
  log: [],
  alarm: [],
  checkout: [],
  crowd: [],
  doors: [],
  lazily: [],
  'plain-data': [],
  'token-bucket': [],
  cli: ['cli-words', 'cli-fleet'],
  'cli-fleet': ['cli'],
  'cli-words': ['attribute'],
  config: ['language', 'attribute', 'notes'],
  deploy: ['language', 'capture'],
  // It knows what must be found and what is said of it; what plays it through the whole path belongs to main.
  'self-test': ['language', 'decode', 'detect', 'record'],
  'stored-spine': ['record', 'spine'],
  spine: ['language', 'notes', 'decode', 'attribute', 'detect', 'engine', 'record', 'config', 'alarm'],
};

const TOP_LEVEL = [
  ...['sensor', 'web', 'firmware-notes', 'test', 'package.json', 'package-lock.json', 'tsconfig.json', 'biome.json'],
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE'],
];
/** Made by set-up, build and a first run; not part of the project. */
const MADE = ['node_modules', 'dist', 'packages', 'state', 'fleet', 'coverage'];

interface Import {
  /** As written; relative ones begin with a dot. */
  from: string;
  typeOnly: boolean;
}

/** Import and re-export statements, dynamic imports and `import()` types. */
function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm);
  const calls = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [
    ...[...statements].map(([, type, from = '']) => ({ from, typeOnly: type !== undefined })),
    ...[...calls].map(([, from = '']) => ({ from, typeOnly: false })),
  ];
}

/** `sensor/decode/dns.ts` is in `decode`, `sensor/engine.ts` in `engine`, `web/page/main.tsx` and `web/fleet/page/main.tsx` in `page`. */
function roomOf(file: string): string {
  const [top = '', second = '', ...rest] = file.split('/');
  if (top === 'web') return second === 'page' || file.startsWith('web/fleet/page/') ? 'page' : 'web';
  return rest.length > 0 ? second : second.replace(/\.\w+$/, '');
}

/** Why `file` may not import `imported` (both relative to the checkout); null when it may. */
function complaint(file: string, { from, typeOnly }: Import): string | null {
  if (!from.startsWith('.')) return null;
  const target = posix.join(posix.dirname(file), from);
  const [room, other] = [roomOf(file), roomOf(target)];
  const wrong = `${file} imports ${target}`;
  if (target.startsWith('test/')) return `${wrong}: the program needs no tests`;
  if (room === 'main') return null;
  if (room === 'page') {
    if (other === 'page' || SHARED_WITH_PAGE.includes(target)) return null;
    return PAGE_TYPES.includes(other) && typeOnly
      ? null
      : `${wrong}: the page runs in a browser and shares only shapes`;
  }
  if (other === room || COMMON.includes(other)) return null;
  const beside = BESIDE[room];
  if (beside !== undefined) return beside.includes(other) ? null : `${wrong}: ${room} may not know ${other}`;
  const [here, there] = [ORDER.indexOf(room), ORDER.indexOf(other)];
  if (here < 0) return `${wrong}: ${room} is no room of the plan`;
  return there >= 0 && there <= here ? null : `${wrong}: ${other} is not left of ${room}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return APART.includes(entry.name) ? [] : filesBelow(path);
    return /(?<!\.d)\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const FILES = [...filesBelow('sensor'), ...filesBelow('web')];

describe('rooms', () => {
  it('import only from the left', () => {
    expect(FILES.length).toBeGreaterThan(100);
    const complaints = FILES.flatMap((file) => importsOf(read(file)).flatMap((one) => complaint(file, one) ?? []));
    expect(complaints).toEqual([]);
  });

  it.each([
    ['sensor/decode/dns.ts', "import { Home } from '../attribute/home.ts';"],
    ['sensor/record/store.ts', "import type { Topics } from '../publish/topics.ts';"],
    ['sensor/detect/mail.ts', "import {\n  Engine,\n  type EngineOptions,\n} from '../engine.ts';"],
    ['sensor/publish/client.ts', "export { createWebServer } from '../../web/server.ts';"],
    ['sensor/spine.ts', "import { replay } from './capture/replay.ts';"],
    ['sensor/spine.ts', "import { Publisher } from './publish/client.ts';"],
    ['sensor/config.ts', "import { Store } from './record/store.ts';"],
    ['sensor/deploy/doctor.ts', "import { Engine } from '../engine.ts';"],
    ['sensor/self-test/judge.ts', "import { Engine } from '../engine.ts';"],
    ['sensor/self-test/frames/home.ts', "import { Stage } from '../../../test/support/stage.ts';"],
    ['sensor/record/store.ts', "import { pcapBytes } from '../self-test/frames/pcap-file.ts';"],
    ['sensor/log.ts', "import { loadConfig } from './config.ts';"],
    ['sensor/capture/live.ts', "const lazy = () => import('../decode/frame.ts');"],
    ['sensor/attribute/home.ts', "import '../record/store.ts';"],
    ['sensor/attribute/home.ts', "import { main } from '../main.ts';"],
    ['sensor/gadgets/toaster.ts', "import { ipv4Text } from '../decode/bytes.ts';"],
    ['sensor/decode/dns.ts', "import { hex } from '../../test/support/hex.ts';"],
    ['web/page/client.ts', "import { isoTime } from '../../sensor/record/report.ts';"],
    ['web/page/client.ts', "import type { Frame } from '../../sensor/capture/frame.ts';"],
    ['web/page/client.ts', "import { createWebServer } from '../server.ts';"],
  ])('%s is told off for %j', (file, source) => {
    expect(importsOf(source).map((one) => complaint(file, one))).toEqual([expect.stringContaining(file)]);
  });

  it.each([
    ['sensor/attribute/home.ts', "import type { IpAddress } from '../decode/packet.ts';"],
    ['sensor/engine.ts', "import { Home } from './attribute/home.ts';"],
    ['sensor/record/store.ts', "import { type Log, silentLog } from '../log.ts';"],
    ['sensor/main/edges.ts', "import { createWebServer } from '../../web/server.ts';"],
    ['sensor/deploy/doctor.ts', "import { captureFilter } from '../capture/filter.ts';"],
    ['web/api.ts', "import { isoTime } from '../sensor/record/report.ts';"],
    ['web/page/client.ts', "import type { Report } from '../../sensor/record/report.ts';"],
    ['web/page/client.ts', "import type { BackendRole } from '../../sensor/attribute/device.ts';"],
    ['web/page/parts/list.tsx', "import { words } from '../../shapes.ts';"],
  ])('%s may write %j', (file, source) => {
    expect(importsOf(source).map((one) => complaint(file, one))).toEqual([null]);
  });

  it('are not fooled by an import in a comment, nor blind to one over several lines', () => {
    expect(importsOf("// import { a } from './a.ts';\n/* import './b.ts'; */")).toEqual([]);
    expect(importsOf("import type {\n  A,\n  B,\n} from './ab.ts';")).toEqual([{ from: './ab.ts', typeOnly: true }]);
  });
});

describe('files', () => {
  it(`have at most ${MAX_LINES} lines`, () => {
    const long = FILES.map((file) => [file, read(file).trimEnd().split('\n').length] as const);
    expect(long.filter(([, lines]) => lines > MAX_LINES)).toEqual([]);
  });

  it('open with what they are', () => {
    expect(FILES.filter((file) => !/^(?:#!.*\n)?(?:\/\/|\/\*\*?)\s*\S/.test(read(file)))).toEqual([]);
  });
});

describe('the project', () => {
  it.each(['cap', 'pcap-parser', 'lru-cache', 'mqtt', 'express'])('stands on %s', (name) => {
    const users = FILES.filter((file) => importsOf(read(file)).some(({ from }) => from === name));
    expect(users).not.toEqual([]);
  });

  it('imports only packages that a start-only installation has', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const missing = FILES.filter((file) => !file.startsWith('web/page/')).flatMap((file) =>
      importsOf(read(file)).flatMap(({ from, typeOnly }) => {
        const name = from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : (from.split('/')[0] ?? '');
        const own = from.startsWith('.') || from.startsWith('node:') || builtinModules.includes(name);
        return own || typeOnly || Object.hasOwn(dependencies, name) ? [] : [`${file}: ${from}`];
      }),
    );
    expect(missing).toEqual([]);
  });

  it('keeps its top level short', () => {
    const strangers = readdirSync(ROOT).filter(
      (name) => !name.startsWith('.') && !TOP_LEVEL.includes(name) && !MADE.includes(name),
    );
    expect(strangers).toEqual([]);
  });
});
