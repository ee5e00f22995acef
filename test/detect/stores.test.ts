// Stores of apps and plugins: known by name, guessed by label, and what was fetched from them stands in the chain.
import { expect, test } from 'vitest';
import { STORE_HOSTS, storeOf } from '../../sensor/detect/stores.ts';
import { mail, visit } from '../support/name-frames.ts';
import { CAMERA, DAY, HOUR, MAIL_SERVER, START, Stage } from '../support/stage.ts';

test.each([
  ['mirrors.kodi.tv', 'listed'],
  ['packages.synocommunity.com', 'listed'],
  ['registry.npmjs.org', 'listed'],
  ['notmirrors.kodi.tv.example', null],
  ['plugins.boxmaker.example', 'label'],
  ['feeds2.receiver-images.example', 'label'],
  ['addons.eu.cdn.boxmaker.example', 'label'],
  ['plugins.example', null],
  ['packaging.vendor.example', null],
  ['api.vendor.example', null],
])('%s is a store: %s', (host, expected) => expect(storeOf(host)).toBe(expected));

test('every listed store has a source that can be opened, and its hosts are known', () => {
  for (const { host, source } of STORE_HOSTS) {
    expect(URL.canParse(source)).toBe(true);
    const name = host.replace(/^\*\./, '');
    expect(name).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
    const isDomain = host !== name;
    expect([name, `a.${name}`].map((one) => storeOf(one) === 'listed')).toEqual([true, isDomain]);
  }
  expect(new Set(STORE_HOSTS.map(({ host }) => host)).size).toBe(STORE_HOSTS.length);
});

test('first contact with a store and what was fetched there stand before the mail', () => {
  const stage = new Stage();
  stage.play(
    visit(CAMERA, '198.51.100.10', START, { host: 'mirrors.kodi.tv', down: 60_000 }),
    visit(CAMERA, '198.51.100.11', START + HOUR, { host: 'plugins.boxmaker.example', down: 400_000 }),
    mail(CAMERA, MAIL_SERVER, START + 2 * HOUR),
  );
  expect(stage.device(CAMERA).backends).toMatchObject([
    { name: 'boxmaker.example', role: 'store', roleFrom: 'host-label' },
    { name: 'kodi.tv', role: 'store', roleFrom: 'store-list' },
  ]);
  const { before } = stage.incident('mail_started');
  expect(before.map(({ kind, name }) => [kind, name])).toEqual([
    ['store_download', 'plugins.boxmaker.example'],
    ['backend_new', 'plugins.boxmaker.example'],
    ['store_download', 'mirrors.kodi.tv'],
    ['backend_new', 'mirrors.kodi.tv'],
  ]);
  expect(before[0]?.text).toMatch(/^Downloaded \d+ KiB from plugins\.boxmaker\.example, a store of apps or plugins\.$/);
});

test('a question to a store is no download; many small ones in a row are', () => {
  const stage = new Stage();
  stage.play(visit(CAMERA, '198.51.100.10', START, { host: 'mirrors.kodi.tv', down: 9_000 }));
  expect(stage.device(CAMERA).backends).toMatchObject([{ role: 'store' }]);
  const ranges = [1, 2, 3].flatMap((i) =>
    visit(CAMERA, '198.51.100.10', START + HOUR + i * 1000, { host: 'mirrors.kodi.tv', down: 20_000 }),
  );
  stage.play(ranges, mail(CAMERA, MAIL_SERVER, START + 2 * HOUR));
  const fetched = stage.incident('mail_started').before.filter(({ kind }) => kind === 'store_download');
  expect(fetched).toHaveLength(1);
});

test('a new plugin host after the learning time is news of its own', () => {
  const stage = new Stage();
  stage.play(
    visit(CAMERA, '198.51.100.10', START, { host: 'mirrors.kodi.tv' }),
    visit(CAMERA, '198.51.100.12', START + 8 * DAY, { host: 'repo.newplugins.example' }),
  );
  expect(stage.incident('backend_new')).toMatchObject({
    severity: 'medium',
    evidence: { backend: 'newplugins.example', role: 'store' },
  });
});
