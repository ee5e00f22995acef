// Families that the notes beside this program recognise: each with what such a device announces, and the evidence that the page
// shows for it; and what looks like one of them and is none.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadNotes } from '../../sensor/notes/load.ts';
import { matchNote, type NoteEvidence, SILENT } from '../../sensor/notes/match.ts';
import { indexNotes } from '../../sensor/notes/note-index.ts';

const shipped = indexNotes(loadNotes([fileURLToPath(new URL('../../firmware-notes', import.meta.url))]).notes);

test.each([
  [
    'epson-printer',
    { vendor: 'Seiko Epson Corporation', hostnames: ['EPSON1A2B3C'] },
    ['hostname epson1a2b3c 3', 'vendor Seiko Epson Corporation 2'],
  ],
  [
    'lexmark-printer',
    { vendor: 'LEXMARK INTERNATIONAL, INC.', dhcpVendorClass: 'Mfg=LEXMARK;Typ=MFP;Mod=Lexmark MX410de;Ser=1;' },
    ['vendor LEXMARK INTERNATIONAL, INC. 4', 'dhcp mfg=lexmark;typ=mfp;mod=lexmark mx410de;ser=1; 3'],
  ],
  ['kyocera-printer', { vendor: 'KYOCERA Document Solutions Inc.' }, ['vendor KYOCERA Document Solutions Inc. 4']],
  [
    'xerox-printer',
    { vendor: 'XEROX CORPORATION', dhcpVendorClass: 'Mfg=FujiXerox;Typ=printer;Mod=Phaser 6500DN;Ser=1' },
    ['vendor XEROX CORPORATION 4', 'dhcp mfg=fujixerox;typ=printer;mod=phaser 6500dn;ser=1 3'],
  ],
  ['ricoh-printer', { vendor: 'RICOH COMPANY,LTD.' }, ['vendor RICOH COMPANY,LTD. 4']],
  [
    'netgear-router',
    { vendor: 'NETGEAR', backendHosts: ['http.fw.updates1.netgear.com'] },
    ['backend http.fw.updates1.netgear.com 3', 'vendor NETGEAR 2'],
  ],
  ['eero', { vendor: 'eero inc.' }, ['vendor eero inc. 4']],
  [
    'devolo-network',
    { vendor: 'devolo AG', mdnsServices: ['_dvl-deviceapi._tcp.local'] },
    ['vendor devolo AG 4', 'mdns _dvl-deviceapi._tcp 4'],
  ],
  ['vivotek-cam', { vendor: 'Vivotek, Inc.' }, ['vendor Vivotek, Inc. 4']],
  [
    'uniview-cam',
    { vendor: 'Zhejiang Uniview Technologies Co.,Ltd.' },
    ['vendor Zhejiang Uniview Technologies Co.,Ltd. 4'],
  ],
  ['lorex-cam', { vendor: 'Lorex Technology Inc.' }, ['vendor Lorex Technology Inc. 4']],
  ['swann-cam', { vendor: 'SWANN COMMUNICATIONS PTY LTD' }, ['vendor SWANN COMMUNICATIONS PTY LTD 4']],
  [
    'dlink-cam',
    { vendor: 'D-Link International', hostnames: ['DCS-8000LH'] },
    ['hostname dcs-8000lh 3', 'vendor D-Link International 2'],
  ],
  [
    'doorbird',
    { vendor: 'Bird Home Automation GmbH', mdnsServices: ['_axis-video._tcp.local'] },
    ['vendor Bird Home Automation GmbH 4'],
  ],
  ['skybell', { vendor: 'SkyBell Technologies Inc.' }, ['vendor SkyBell Technologies Inc. 4']],
  [
    'aqara-hub',
    { vendor: 'Lumi United Technology Co., Ltd', hostnames: ['Aqara-Hub-M2-00EC'] },
    ['hostname aqara-hub-m2-00ec 3', 'vendor Lumi United Technology Co., Ltd 2'],
  ],
  [
    'homematic',
    { vendor: 'eQ-3 Entwicklung GmbH', backendHosts: ['ccu3-update.homematic.com'] },
    ['vendor eQ-3 Entwicklung GmbH 4'],
  ],
  ['bosch-smart-home', { vendor: 'Robert Bosch Smart Home GmbH' }, ['vendor Robert Bosch Smart Home GmbH 4']],
  [
    'homey',
    { vendor: 'Athom B.V.', mdnsServices: ['_homey._tcp.local'] },
    ['vendor Athom B.V. 4', 'mdns _homey._tcp 4'],
  ],
  ['hubitat', { vendor: 'Hubitat Inc.' }, ['vendor Hubitat Inc. 4']],
  ['fibaro', { vendor: 'Fibar Group sp. z o.o.' }, ['vendor Fibar Group sp. z o.o. 4']],
  [
    'somfy-tahoma',
    { vendor: 'OVERKIZ', mdnsServices: ['_kizbox._tcp.local'], backendHosts: ['upgrade.overkiz.com'] },
    ['vendor OVERKIZ 4', 'mdns _kizbox._tcp 4', 'backend upgrade.overkiz.com 3'],
  ],
  [
    'lutron-caseta',
    {
      vendor: 'Lutron Electronics Co., Inc.',
      mdnsServices: ['_lutron._tcp.local'],
      backendHosts: ['firmwareupdates.lutron.com'],
    },
    ['vendor Lutron Electronics Co., Inc. 4', 'mdns _lutron._tcp 4', 'backend firmwareupdates.lutron.com 3'],
  ],
  [
    'logitech-harmony',
    { vendor: 'Logitech', ssdpTypes: ['urn:myharmony-com:device:harmony:1'] },
    ['ssdp urn:myharmony-com:device:harmony:1 4', 'vendor Logitech 2'],
  ],
  [
    'hunterdouglas-powerview',
    { vendor: 'Hunter Douglas', mdnsModels: ['md=PowerView'] },
    ['vendor Hunter Douglas 4', 'mdns md=powerview 4'],
  ],
  ['switchbot', { vendor: 'Woan Technology (Shenzhen) Co., Ltd.' }, ['vendor Woan Technology (Shenzhen) Co., Ltd. 4']],
  [
    'broadlink',
    { vendor: 'Hangzhou BroadLink Technology Co., Ltd' },
    ['vendor Hangzhou BroadLink Technology Co., Ltd 4'],
  ],
  [
    'nuki-bridge',
    { vendor: 'Espressif Inc.', hostnames: ['Nuki_Bridge_1A2B3C4D'] },
    ['hostname nuki_bridge_1a2b3c4d 3', 'vendor Espressif Inc. 2'],
  ],
  [
    'chamberlain-myq',
    { vendor: 'The Chamberlain Group, Inc', mdnsModels: ['md=819LMB'] },
    ['vendor The Chamberlain Group, Inc 4', 'mdns md=819lmb 4'],
  ],
  [
    'simplisafe',
    { vendor: 'Espressif Inc.', hostnames: ['SimpliSafe_Basestation'] },
    ['hostname simplisafe_basestation 3', 'vendor Espressif Inc. 2'],
  ],
  ['abode', { vendor: 'Abode Systems Inc', mdnsModels: ['md=Iota'] }, ['vendor Abode Systems Inc 4', 'mdns md=iota 4']],
  ['meross', { vendor: 'Chengdu Meross Technology Co., Ltd.' }, ['vendor Chengdu Meross Technology Co., Ltd. 4']],
  ['govee', { vendor: 'Shenzhen Intellirocks Tech. Co. Ltd.' }, ['vendor Shenzhen Intellirocks Tech. Co. Ltd. 4']],
  [
    'nanoleaf',
    { vendor: 'Nanoleaf', mdnsServices: ['_nanoleafapi._tcp.local'], ssdpTypes: ['nanoleaf:nl42'] },
    ['vendor Nanoleaf 4', 'mdns _nanoleafapi._tcp 4', 'ssdp nanoleaf:nl42 4'],
  ],
  [
    'twinkly',
    { vendor: 'Espressif Inc.', hostnames: ['Twinkly_33AAFF'] },
    ['hostname twinkly_33aaff 3', 'vendor Espressif Inc. 2'],
  ],
  [
    'wled',
    { vendor: 'Espressif Inc.', mdnsServices: ['_wled._tcp.local', '_http._tcp.local'] },
    ['mdns _wled._tcp 4', 'vendor Espressif Inc. 2'],
  ],
  [
    'esphome',
    { vendor: 'Espressif Inc.', mdnsServices: ['_esphomelib._tcp.local'] },
    ['mdns _esphomelib._tcp 4', 'vendor Espressif Inc. 2'],
  ],
  [
    'sense-energy',
    { vendor: 'Murata Manufacturing Co., Ltd.', hostnames: ['sense-n311200123'] },
    ['hostname sense-n311200123 3', 'vendor Murata Manufacturing Co., Ltd. 2'],
  ],
  [
    'emporia-energy',
    { vendor: 'Espressif Inc.', backendHosts: ['prod-mqtt.emporiaenergy.com', 'fwsrv.emporiaenergy.com'] },
    ['backend fwsrv.emporiaenergy.com 4', 'vendor Espressif Inc. 2'],
  ],
  [
    'homewizard',
    { vendor: 'HomeWizard B.V.', mdnsServices: ['_hwenergy._tcp.local'] },
    ['vendor HomeWizard B.V. 4', 'mdns _hwenergy._tcp 4'],
  ],
  [
    'rachio',
    { vendor: 'AzureWave Technology Inc.', hostnames: ['Rachio-1A2B3C'], mdnsModels: ['md=Rachio'] },
    ['mdns md=rachio 4', 'hostname rachio-1a2b3c 3', 'vendor AzureWave Technology Inc. 2'],
  ],
  [
    'flume',
    { vendor: 'Espressif Inc.', hostnames: ['flume-gw-1a2b'] },
    ['hostname flume-gw-1a2b 3', 'vendor Espressif Inc. 2'],
  ],
  [
    'awair',
    { hostnames: ['AWAIR-ELEM-1A2B3C'], backendHosts: ['ota.awair.is'] },
    ['hostname awair-elem-1a2b3c 3', 'backend ota.awair.is 3'],
  ],
  ['withings', { vendor: 'Withings' }, ['vendor Withings 4']],
  [
    'dreame',
    { vendor: 'Dreame Technology (Suzhou) Limited', backendHosts: ['eu.iot.dreame.tech'] },
    ['vendor Dreame Technology (Suzhou) Limited 4'],
  ],
  [
    'denon-heos',
    { vendor: 'D&M Holdings Inc.', ssdpTypes: ['urn:schemas-denon-com:device:ACT-Denon:1'] },
    ['vendor D&M Holdings Inc. 4', 'ssdp urn:schemas-denon-com:device:act-denon:1 4'],
  ],
  [
    'yamaha-musiccast',
    { vendor: 'YAMAHA CORPORATION', ssdpServer: 'Linux/3.2 UPnP/1.0 Network_Module/1.0 (WXA-50)' },
    ['ssdp linux/3.2 upnp/1.0 network_module/1.0 (wxa-50) 4', 'vendor YAMAHA CORPORATION 2'],
  ],
  [
    'bluesound',
    { vendor: 'Lenbrook Industries Limited', mdnsServices: ['_musc._tcp.local'] },
    ['vendor Lenbrook Industries Limited 4', 'mdns _musc._tcp 4'],
  ],
  [
    'linkplay-speaker',
    { vendor: 'Linkplay', mdnsServices: ['_linkplay._tcp.local'] },
    ['vendor Linkplay 4', 'mdns _linkplay._tcp 4'],
  ],
  [
    'toniebox',
    { vendor: 'Espressif Inc.', backendHosts: ['rtnl.bxcl.de', 'prod.de.tbs.toys'] },
    ['backend rtnl.bxcl.de 3', 'vendor Espressif Inc. 2'],
  ],
  ['grandstream-voip', { vendor: 'Grandstream Networks, Inc.' }, ['vendor Grandstream Networks, Inc. 4']],
  [
    'yealink-phone',
    { vendor: 'YEALINK(XIAMEN) NETWORK TECHNOLOGY CO.,LTD.' },
    ['vendor YEALINK(XIAMEN) NETWORK TECHNOLOGY CO.,LTD. 4'],
  ],
  ['snom-phone', { vendor: 'snom technology GmbH' }, ['vendor snom technology GmbH 4']],
  [
    'polycom-phone',
    { vendor: 'Polycom', dhcpVendorClass: 'Polycom-VVX410' },
    ['vendor Polycom 4', 'dhcp polycom-vvx410 3'],
  ],
  [
    'gigaset-phone',
    { vendor: 'Gigaset Communications GmbH', backendHosts: ['profile.gigaset.net'] },
    ['vendor Gigaset Communications GmbH 4', 'backend profile.gigaset.net 3'],
  ],
  ['obihai-voip', { vendor: 'Obihai Technology, Inc.' }, ['vendor Obihai Technology, Inc. 4']],
  ['ooma-voip', { vendor: 'Ooma, Inc.' }, ['vendor Ooma, Inc. 4']],
  [
    'linksys-router',
    { vendor: 'Belkin International Inc.', hostnames: ['Linksys01234'] },
    ['hostname linksys01234 3', 'vendor Belkin International Inc. 2'],
  ],
  [
    'tplink-router',
    { vendor: 'TP-Link Systems Inc', hostnames: ['deco-X50'] },
    ['hostname deco-x50 3', 'vendor TP-Link Systems Inc 2'],
  ],
  [
    'gardena-gateway',
    { hostnames: ['GARDENA-1a2b'], backendHosts: ['gateway.iot.sg.dss.husqvarnagroup.net'] },
    ['hostname gardena-1a2b 3', 'backend gateway.iot.sg.dss.husqvarnagroup.net 3'],
  ],
  ['garmin', { vendor: 'Garmin International' }, ['vendor Garmin International 4']],
  [
    'cisco-spa',
    { vendor: 'Cisco Systems, Inc', hostnames: ['SPA112'] },
    ['hostname spa112 3', 'vendor Cisco Systems, Inc 2'],
  ],
] as [string, Partial<NoteEvidence>, string[]][])(
  '%s is recognised by what it announces',
  (slug, evidence, expected) => {
    const match = matchNote({ ...SILENT, ...evidence }, shipped);
    expect(match?.slug).toBe(slug);
    expect(match?.evidence.map(({ evidence: kind, value, weight }) => `${kind} ${value} ${weight}`)).toEqual(expected);
  },
);

test.each([
  [
    'a Mac that shares a Brother printer',
    { vendor: 'Apple, Inc.', mdnsServices: ['_ipp._tcp.local'], mdnsModels: ['ty=Brother HL-L2350DW'] },
    null,
  ],
  [
    'a Mobotix camera, which announces the service of Axis cameras',
    { vendor: 'Mobotix AG', mdnsServices: ['_axis-video._tcp.local'] },
    null,
  ],
  [
    'a Mac that shares an Epson printer',
    { vendor: 'Apple, Inc.', mdnsServices: ['_ipp._tcp.local'], mdnsModels: ['ty=EPSON XP-4100 Series'] },
    null,
  ],
  ['a computer named after its Epson printer', { vendor: 'Intel Corporate', hostnames: ['epson-pc'] }, null],
  ['an Epson projector with a name of its own', { vendor: 'Seiko Epson Corporation', hostnames: ['EB1A2B3C'] }, null],
  ['a telephone of Kyocera', { vendor: 'KYOCERA CORPORATION' }, null],
  ['a Samsung printer, by its vendor class', { dhcpVendorClass: 'SAMSUNG Network Printer' }, null],
  ['a switch of NETGEAR', { vendor: 'NETGEAR' }, null],
  [
    "an early Arlo base with NETGEAR's name",
    { vendor: 'NETGEAR', backendHosts: ['registration.arloxcld.com', 'advisor.arloxcld.com'] },
    null,
  ],
  [
    "a computer with NETGEAR's programme",
    { vendor: 'Intel Corporate', backendHosts: ['updates1.netgear.com', 'genieremote.netgear.com'] },
    null,
  ],
  ['a router of D-Link', { vendor: 'D-Link International', hostnames: ['DIR-882'] }, null],
  ['a computer with the name of a D-Link camera', { vendor: 'Intel Corporate', hostnames: ['dcs-viewer'] }, null],
  [
    'a gateway of Xiaomi Home with the same maker',
    { vendor: 'Lumi United Technology Co., Ltd', mdnsServices: ['_miio._udp.local'] },
    null,
  ],
  ['a keyboard receiver of Logitech', { vendor: 'Logitech', hostnames: ['squeezebox'] }, null],
  [
    "a Home Assistant that asks for others' firmware",
    { vendor: 'Intel Corporate', backendHosts: ['cdn.aqara.com', 'ccu3-update.homematic.com', 'mqtt-eu.meross.com'] },
    null,
  ],
  ["a computer with the name of a lock's bridge", { vendor: 'Intel Corporate', hostnames: ['nuki_bridge_test'] }, null],
  [
    "a plug with Tuya's cloud on the same radio module",
    { vendor: 'Espressif Inc.', backendHosts: ['m2.tuyaeu.com'] },
    'tuya-devices',
  ],
  ['a Shelly on the same radio module', { vendor: 'Espressif Inc.', hostnames: ['shellyplug-s-1A2B3C'] }, 'shelly'],
  ['a radio module that says nothing', { vendor: 'Espressif Inc.', mdnsServices: ['_http._tcp.local'] }, null],
  [
    'a Raspberry Pi called after its sensor board',
    { vendor: 'Raspberry Pi Trading Ltd', hostnames: ['sense-hat'] },
    null,
  ],
  [
    'another thing on the radio module of sprinklers',
    { vendor: 'AzureWave Technology Inc.', hostnames: ['office-pc'] },
    null,
  ],
  ["a telephone with Emporia's app", { randomizedMac: true, backendHosts: ['api.emporiaenergy.com'] }, null],
  ['a business router of Yamaha', { vendor: 'YAMAHA CORPORATION', ssdpServer: 'Linux UPnP/1.0 RTX/1.0' }, null],
  [
    'a Raspberry Pi with TeddyCloud',
    { vendor: 'Raspberry Pi Trading Ltd', backendHosts: ['rtnl.bxcl.de', 'prod.de.tbs.toys'] },
    null,
  ],
  ['any other music player', { ssdpTypes: ['urn:schemas-upnp-org:device:MediaRenderer:1'] }, null],
  [
    'an IP phone of Cisco',
    { vendor: 'Cisco Systems, Inc', dhcpVendorClass: 'Cisco Systems, Inc. IP Phone CP-8845' },
    null,
  ],
  [
    "a computer with a softphone's name",
    { vendor: 'Intel Corporate', hostnames: ['snom-softphone'], userAgent: 'snom/10.1' },
    null,
  ],
  [
    "a plug of Belkin's",
    { vendor: 'Belkin International Inc.', ssdpTypes: ['urn:Belkin:device:controllee:1'] },
    'wemo',
  ],
  ["a plug of TP-Link's", { vendor: 'TP-Link Systems Inc.', hostnames: ['Tapo_P115'] }, 'tplink-tapo'],
  ['a computer called decoder', { vendor: 'TP-LINK TECHNOLOGIES CO.,LTD.', hostnames: ['decoder'] }, null],
  ['a switch of Cisco', { vendor: 'Cisco Systems, Inc', hostnames: ['sg250-08'] }, null],
  ['a computer in the garden house', { vendor: 'Intel Corporate', hostnames: ['gardena-pc'] }, null],
] as [string, Partial<NoteEvidence>, string | null][])('%s is no other thing', (_, evidence, slug) => {
  expect(matchNote({ ...SILENT, ...evidence }, shipped)?.slug ?? null).toBe(slug);
});
