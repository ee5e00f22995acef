// The manual and what it leads to: which files of a checkout go along with an installed program, and where Debian's package has them,
// with links that still lead there. Plain JavaScript: the package maker runs it too.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** In a checkout and in an installation alike; folders with all below them. */
export const DOCUMENTS = [
  ...['README.md', 'sensor/THREATS.md', 'sensor/deploy/manual', 'sensor/deploy/grafana-dashboard.json'],
  ...['sensor/deploy/blueprints', 'sensor/fleet/record.schema.json'],
];

const FOLDER = 'usr/share/doc/thingwatch';
/** Longest first: places of a checkout, and what they are in a package. */
const PACKAGED = [
  ['sensor/deploy/blueprints/automation/', `${FOLDER}/`],
  ['sensor/deploy/thingwatch.service', 'usr/lib/systemd/system/thingwatch.service'],
  ['sensor/deploy/', `${FOLDER}/`],
  ['sensor/', `${FOLDER}/`],
  ['firmware-notes/', 'usr/lib/thingwatch/firmware-notes/'],
  ['', `${FOLDER}/`],
];

/** Where the package has what lies at `place` of a checkout. */
export function packagedPlace(place) {
  const [from, to] = PACKAGED.find(([start]) => place.startsWith(start));
  return `${to}${place.slice(from.length)}`;
}

/** The text of the document at `place` of a checkout with its links as they are in a package. */
export function withPackagedLinks(text, place) {
  return text.replace(/(\]\()([^()\s#:]+)(#[^()\s]*)?\)/g, (_, start, target, fragment = '') => {
    const linked = packagedPlace(path.posix.join(path.posix.dirname(place), target));
    return `${start}${path.posix.relative(path.posix.dirname(packagedPlace(place)), linked)}${fragment})`;
  });
}

/** Moves the documents of the program in `program` to where Debian has them, below `stage`. */
export function packageDocuments(program, stage) {
  for (const place of DOCUMENTS.flatMap((document) => filesAt(program, document))) {
    const to = path.join(stage, packagedPlace(place));
    mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
    if (place.endsWith('.md'))
      writeFileSync(to, withPackagedLinks(readFileSync(path.join(program, place), 'utf8'), place));
    else copyFileSync(path.join(program, place), to);
    chmodSync(to, 0o644);
  }
  for (const document of DOCUMENTS) rmSync(path.join(program, document), { recursive: true });
}

function filesAt(folder, place) {
  if (!statSync(path.join(folder, place)).isDirectory()) return [place];
  return readdirSync(path.join(folder, place)).flatMap((name) => filesAt(folder, `${place}/${name}`));
}
