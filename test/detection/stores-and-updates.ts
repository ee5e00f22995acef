// What came before: plugins, firmware and new backends, what several mailers share, and what devices are called.
import { dhcpRequest, mail, visit } from '../support/name-frames.ts';
import { CAMERA, DAY, FRIDGE, HOUR, MAIL_SERVER, MINUTE, SECOND, START, TELEVISION } from '../support/stage.ts';
import type { Case } from './case.ts';
import { STRANGER, usual } from './household.ts';

const ALARM = { kind: 'mail_started', device: CAMERA, severity: 'high' } as const;
/** A light bridge by its vendor's block: its note knows the vendor's hosts. */
const BRIDGE = { mac: '00:17:88:0a:0b:0c', ip: '192.168.1.60' };
const UPDATE_HOST = 'firmware.meethue.com';
const OTHERS = [0, 1, 2, 3].map((i) => ({ mac: `00:17:88:0c:00:0${i}`, ip: `192.168.1.7${i}` }));

export const STORES_AND_UPDATES: readonly Case[] = [
  {
    name: 'a listed store of plugins stands before the mail',
    home: (stage) =>
      stage.play(
        visit(CAMERA, '198.51.100.10', START, { host: 'mirrors.kodi.tv', down: 60_000 }),
        mail(CAMERA, MAIL_SERVER, START + HOUR),
      ),
    expect: [{ ...ALARM, before: ['store_download', 'backend_new'] }],
    shows: [{ device: CAMERA, report: { backends: [{ name: 'kodi.tv', role: 'store', roleFrom: 'store-list' }] } }],
  },
  {
    name: 'so does a first question to a host that offers plugins by its name',
    home: (stage) =>
      stage.play(
        visit(CAMERA, '198.51.100.11', START, { host: 'plugins.boxmaker.example' }),
        mail(CAMERA, MAIL_SERVER, START + HOUR),
      ),
    expect: [{ ...ALARM, before: ['backend_new'] }],
    shows: [{ device: CAMERA, report: { backends: [{ role: 'store', roleFrom: 'host-label' }] } }],
  },
  {
    name: 'firmware stands before the mail',
    home: (stage) =>
      stage.play(
        visit(BRIDGE, '198.51.100.10', START, { host: UPDATE_HOST, down: 1400 * 200 }),
        mail(BRIDGE, MAIL_SERVER, START + DAY),
      ),
    expect: [{ ...ALARM, device: BRIDGE, before: ['firmware_download', 'backend_new'] }],
  },
  {
    name: 'a new host of plugins after the first week',
    home: (stage) =>
      stage.play(
        visit(CAMERA, '198.51.100.10', START, { host: 'api.cam.example' }),
        visit(CAMERA, '198.51.100.12', START + 8 * DAY, { host: 'repo.newplugins.example' }),
      ),
    expect: [
      {
        ...{ kind: 'backend_new', device: CAMERA, severity: 'medium', alerts: 1 },
        evidence: { backend: 'newplugins.example', role: 'store' },
      },
    ],
  },
  {
    name: 'an address without a name after the first week',
    home: (stage) =>
      stage.play(
        visit(CAMERA, '198.51.100.10', START, { host: 'api.cam.example' }),
        visit(CAMERA, STRANGER, START + 8 * DAY, { port: 6667 }),
      ),
    expect: [{ kind: 'backend_new', device: CAMERA, severity: 'medium', evidence: { backend: STRANGER } }],
  },
  {
    name: 'updates that no longer come, once',
    home: (stage) => {
      stage.play(visit(BRIDGE, '198.51.100.10', START, { host: UPDATE_HOST }));
      for (let day = 1; day <= 40; day++)
        stage.play(dhcpRequest(BRIDGE.mac, [[12, 'bridge']], START + day * DAY)).wait(START + day * DAY + HOUR);
    },
    expect: [
      { kind: 'updates_overdue', device: BRIDGE, severity: 'low', alerts: 1, evidence: { backend: 'meethue.com' } },
    ],
  },
  {
    name: 'two devices mail after one store; what everybody uses is not blamed',
    home: (stage) => {
      for (const host of [CAMERA, FRIDGE, TELEVISION, ...OTHERS])
        stage.play(visit(host, '198.51.100.20', START, { host: 'api.everybody.example' }));
      for (const host of [CAMERA, FRIDGE])
        stage.play(visit(host, '198.51.100.30', START + HOUR, { host: 'plugins.broken-in.example' }));
      stage.play(mail(CAMERA, MAIL_SERVER, START + DAY), mail(FRIDGE, MAIL_SERVER, START + DAY + MINUTE));
    },
    expect: [
      { ...ALARM, severity: 'critical', evidence: { supportedBy: ['outbreak'] } },
      { ...ALARM, severity: 'critical', evidence: { supportedBy: ['outbreak'] }, device: FRIDGE },
      {
        ...{ kind: 'outbreak', device: null, severity: 'critical', alerts: 1 },
        evidence: { backend: 'broken-in.example', role: 'store', unaffectedDevices: 0 },
      },
    ],
  },
  {
    name: 'two devices mail that share nothing but what everybody uses',
    home: (stage) => {
      for (const host of [CAMERA, FRIDGE, TELEVISION, ...OTHERS])
        stage.play(visit(host, '198.51.100.20', START, { host: 'api.everybody.example' }));
      stage.play(mail(CAMERA, MAIL_SERVER, START + DAY), mail(FRIDGE, MAIL_SERVER, START + DAY));
    },
    expect: [ALARM, { ...ALARM, device: FRIDGE }],
  },
];

const named = (host: { mac: string }, name: string, time: number) => dhcpRequest(host.mac, [[12, name]], time);

export const NAMES: readonly Case[] = [
  {
    name: 'of two plugs that are called the same the one that mails is told apart',
    home: (stage) =>
      stage.play(
        usual(START),
        named(CAMERA, 'plug', START),
        named(FRIDGE, 'plug', START),
        mail(CAMERA, MAIL_SERVER, START + MINUTE),
      ),
    expect: [{ ...ALARM, says: /^plug \(…:be:ef\) is trying/ }],
  },
  {
    name: 'also where the second one appears after the incident',
    home: (stage) =>
      stage.play(
        named(CAMERA, 'plug', START),
        mail(CAMERA, MAIL_SERVER, START + MINUTE),
        named(FRIDGE, 'Plug', START + HOUR),
      ),
    expect: [{ ...ALARM, says: /^plug \(…:be:ef\) is trying/ }],
  },
  {
    name: 'a name that says nothing gives way to the maker',
    home: (stage) => stage.play(named(CAMERA, 'localhost', START), mail(CAMERA, MAIL_SERVER, START + SECOND)),
    expect: [{ ...ALARM, says: /^Espressif Inc\. \(…:be:ef\) is trying/ }],
  },
];
