// The families whose notes are the oldest, and a few that came later: each with what such a device announces or contacts, and the evidence that the page
// shows for it; and what has only half of that.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadNotes } from '../../sensor/notes/load.ts';
import { matchNote, type NoteEvidence, SILENT } from '../../sensor/notes/match.ts';
import { indexNotes } from '../../sensor/notes/note-index.ts';

const shipped = indexNotes(loadNotes([fileURLToPath(new URL('../../firmware-notes', import.meta.url))]).notes);
const CHIP = 'Espressif Inc.';
const ANDROID_14 = 'android-dhcp-14';

test.each([
  ['amcrest-cam', { vendor: 'Amcrest Technologies' }, ['vendor Amcrest Technologies 4']],
  [
    'arlo-cam',
    { vendor: 'Arlo Technology', backendHosts: ['advisor.arloxcld.com'] },
    ['vendor Arlo Technology 4', 'backend advisor.arloxcld.com 2'],
  ],
  [
    'asus-router',
    { vendor: 'ASUSTek COMPUTER INC.', backendHosts: ['fwupdate.asuswrt-merlin.net', 'dlcdnet.asus.com'] },
    ['backend fwupdate.asuswrt-merlin.net 3', 'vendor ASUSTek COMPUTER INC. 2'],
  ],
  [
    'avm-fritzbox',
    { vendor: 'AVM GmbH', ssdpTypes: ['urn:schemas-upnp-org:device:fritzbox:1'], backendHosts: ['download.avm.de'] },
    ['vendor AVM GmbH 4', 'ssdp urn:schemas-upnp-org:device:fritzbox:1 4', 'backend download.avm.de 3'],
  ],
  [
    'axis-cam',
    {
      vendor: 'Axis Communications AB',
      hostnames: ['axis-b8a44f123456'],
      backendHosts: ['dispatchse1-st.axis.com'],
    },
    ['vendor Axis Communications AB 4', 'hostname axis-b8a44f123456 3', 'backend dispatchse1-st.axis.com 2'],
  ],
  [
    'blink-cam',
    { vendor: 'Blink by Amazon', hostnames: ['BLINK-HUB'], backendHosts: ['rest-e001.immedia-semi.com'] },
    ['vendor Blink by Amazon 4', 'hostname blink-hub 3', 'backend rest-e001.immedia-semi.com 2'],
  ],
  [
    'bose',
    {
      vendor: 'Bose Corporation',
      mdnsServices: ['_soundtouch._tcp'],
      backendHosts: ['streaming.bose.com', 'events.api.bosecm.com'],
    },
    ['vendor Bose Corporation 4', 'mdns _soundtouch._tcp 4', 'backend streaming.bose.com 3'],
  ],
  [
    'brother-printer',
    { vendor: 'Brother industries, LTD.', hostnames: ['BRW1A2B3C4D5E6F'] },
    ['vendor Brother industries, LTD. 4', 'hostname brw1a2b3c4d5e6f 2'],
  ],
  [
    'canon-printer',
    { vendor: 'CANON INC.', hostnames: ['Canon1A2B3C'] },
    ['hostname canon1a2b3c 3', 'vendor CANON INC. 2'],
  ],
  [
    'creality-printer',
    { hostnames: ['ingenic-2C8C'], backendHosts: ['devdata.cxswyjy.com', 'c-smart.cxswyjy.com'] },
    ['hostname ingenic-2c8c 3', 'backend devdata.cxswyjy.com 3'],
  ],
  [
    'dahua-cam',
    { vendor: 'Zhejiang Dahua Technology Co., Ltd.', backendHosts: ['p2p.imoulife.com'] },
    ['vendor Zhejiang Dahua Technology Co., Ltd. 4', 'backend p2p.imoulife.com 2'],
  ],
  ['ecobee', { vendor: 'ecobee inc', mdnsServices: ['_ecobee._tcp'] }, ['vendor ecobee inc 4', 'mdns _ecobee._tcp 4']],
  [
    'ezviz-cam',
    { vendor: 'Hangzhou Ezviz Software Co.,Ltd.', backendHosts: ['eu.ys7.com'] },
    ['vendor Hangzhou Ezviz Software Co.,Ltd. 4', 'backend eu.ys7.com 2'],
  ],
  [
    'haier-hon',
    { vendor: 'Qingdao Haier Technology Co.,Ltd', backendHosts: ['api-iot.he.services'] },
    ['backend api-iot.he.services 3', 'vendor Qingdao Haier Technology Co.,Ltd 2'],
  ],
  [
    'hikvision-cam',
    { vendor: 'Hangzhou Hikvision Digital Technology Co.,Ltd.', backendHosts: ['eu.hik-cloud.com'] },
    ['vendor Hangzhou Hikvision Digital Technology Co.,Ltd. 4', 'backend eu.hik-cloud.com 2'],
  ],
  [
    'hisense-tv',
    { vendor: 'HISENSE VISUAL TECHNOLOGY CO.,LTD', backendHosts: ['api.euro.hismarttv.com'] },
    ['vendor HISENSE VISUAL TECHNOLOGY CO.,LTD 4', 'backend api.euro.hismarttv.com 2'],
  ],
  [
    'hp-printer',
    { vendor: 'HP Inc.', hostnames: ['HP-PRINT-12-Officejet'] },
    ['hostname hp-print-12-officejet 3', 'vendor HP Inc. 2'],
  ],
  [
    'ikea-gateway',
    { vendor: 'IKEA of Sweden AB', mdnsModels: ['md=TRADFRI'], backendHosts: ['fw.ota.homesmart.ikea.net'] },
    ['vendor IKEA of Sweden AB 4', 'mdns tradfri 4', 'backend fw.ota.homesmart.ikea.net 3'],
  ],
  [
    'irobot',
    { vendor: 'iRobot Corporation', hostnames: ['iRobot-0123456789'] },
    ['vendor iRobot Corporation 4', 'hostname irobot-0123456789 3'],
  ],
  [
    'ledvance-lightify',
    { vendor: 'LEDVANCE', backendHosts: ['api.update.ledvance.com'] },
    ['backend api.update.ledvance.com 3', 'vendor LEDVANCE 2'],
  ],
  [
    'lifx',
    { vendor: 'LIFI LABS MANAGEMENT PTY LTD', mdnsModels: ['md=LIFX A19'] },
    ['vendor LIFI LABS MANAGEMENT PTY LTD 4', 'mdns lifx a19 4'],
  ],
  ['mikrotik-routeros', { vendor: 'Routerboard.com' }, ['vendor Routerboard.com 4']],
  [
    'nest-thermostat',
    { vendor: 'Nest Labs Inc.', backendHosts: ['weave-logsink.nest.com'] },
    ['vendor Nest Labs Inc. 4', 'backend weave-logsink.nest.com 2'],
  ],
  [
    'netatmo',
    { vendor: 'Netatmo', mdnsModels: ['md=Healthy Home Coach'] },
    ['vendor Netatmo 4', 'mdns healthy home coach 4'],
  ],
  [
    'nintendo-switch',
    { vendor: 'Nintendo Co.,Ltd', backendHosts: ['sun.hac.lp1.d4c.nintendo.net', 'atumn.hac.lp1.d4c.nintendo.net'] },
    ['vendor Nintendo Co.,Ltd 4', 'backend sun.hac.lp1.d4c.nintendo.net 4'],
  ],
  [
    'openwrt',
    { hostnames: ['OpenWrt'], backendHosts: ['downloads.openwrt.org'] },
    ['hostname openwrt 3', 'backend downloads.openwrt.org 3'],
  ],
  [
    'panasonic-tv',
    { vendor: 'Panasonic Corporation AVC Networks Company', backendHosts: ['vcs.vdspf.com'] },
    ['backend vcs.vdspf.com 3', 'vendor Panasonic Corporation AVC Networks Company 2'],
  ],
  [
    'philips-tv',
    {
      vendor: 'TPVision Europe B.V',
      dhcpVendorClass: ANDROID_14,
      backendHosts: ['deviceportal.nettvservices.com', 'ad.nettvservices.com'],
    },
    ['vendor TPVision Europe B.V 4', `dhcp ${ANDROID_14} 3`, 'backend deviceportal.nettvservices.com 3'],
  ],
  [
    'qnap-nas',
    { vendor: 'QNAP Systems, Inc.', mdnsServices: ['_qdiscover._tcp'] },
    ['vendor QNAP Systems, Inc. 4', 'mdns _qdiscover._tcp 4'],
  ],
  [
    'reolink-cam',
    { vendor: 'Reolink Innovation Limited', hostnames: ['Reolink-Doorbell'] },
    ['vendor Reolink Innovation Limited 4', 'hostname reolink-doorbell 3'],
  ],
  [
    'ring-doorbell',
    { vendor: 'Ring LLC', hostnames: ['Ring-1a2b3c'], backendHosts: ['api.ring.com'] },
    ['vendor Ring LLC 4', 'hostname ring-1a2b3c 3', 'backend api.ring.com 2'],
  ],
  [
    'roborock',
    { vendor: 'Beijing Roborock Technology Co., Ltd.', hostnames: ['roborock-vacuum-a27'] },
    ['vendor Beijing Roborock Technology Co., Ltd. 4', 'hostname roborock-vacuum-a27 3'],
  ],
  [
    'roku',
    { vendor: 'Roku, Inc.', ssdpTypes: ['roku:ecp'], backendHosts: ['captive.roku.com'] },
    ['vendor Roku, Inc. 4', 'ssdp roku:ecp 4', 'backend captive.roku.com 2'],
  ],
  [
    'salus-gateway',
    { vendor: 'COmputime Ltd.', backendHosts: ['eu.salusconnect.io'] },
    ['backend eu.salusconnect.io 3', 'vendor COmputime Ltd. 2'],
  ],
  [
    'samsung-tv',
    { vendor: 'Samsung Electronics Co.,Ltd', backendHosts: ['otn.samsungcloudcdn.com', 'osb-v2.samsungqbe.com'] },
    ['backend otn.samsungcloudcdn.com 4', 'vendor Samsung Electronics Co.,Ltd 2'],
  ],
  [
    'smartthings-hub',
    {
      vendor: 'Samsung Electronics Co.,Ltd',
      hostnames: ['SmartThings-Hub'],
      backendHosts: ['fw-update2.smartthings.com'],
    },
    ['hostname smartthings-hub 3', 'backend fw-update2.smartthings.com 3', 'vendor Samsung Electronics Co.,Ltd 2'],
  ],
  [
    'sonoff-ewelink',
    { vendor: 'SHENZHEN Coolkit Technology CO.,LTD', backendHosts: ['zigbee-ota.sonoff.tech'] },
    ['backend zigbee-ota.sonoff.tech 3', 'vendor SHENZHEN Coolkit Technology CO.,LTD 2'],
  ],
  [
    'switchbot',
    { vendor: 'Woan Technology (Shenzhen) Co., Ltd.', backendHosts: ['www.wohand.com'] },
    ['vendor Woan Technology (Shenzhen) Co., Ltd. 4', 'backend www.wohand.com 3'],
  ],
  [
    'linkplay-speaker',
    { vendor: 'Linkplay', mdnsServices: ['_linkplay._tcp'], backendHosts: ['silenceota.linkplay.com'] },
    ['vendor Linkplay 4', 'mdns _linkplay._tcp 4', 'backend silenceota.linkplay.com 3'],
  ],
  [
    'home-connect',
    { vendor: 'BSH Hausgeräte GmbH', mdnsServices: ['_homeconnect._tcp'] },
    ['vendor BSH Hausgeräte GmbH 4', 'mdns _homeconnect._tcp 4'],
  ],
  ['tado', { vendor: 'tado GmbH', hostnames: ['tado1234'] }, ['vendor tado GmbH 4', 'hostname tado1234 3']],
  [
    'tasmota',
    { vendor: CHIP, hostnames: ['tasmota-1A2B3C-1234'], backendHosts: ['ota.tasmota.com'] },
    ['hostname tasmota-1a2b3c-1234 3', 'backend ota.tasmota.com 3', `vendor ${CHIP} 2`],
  ],
  [
    'tcl-tv',
    {
      vendor: 'TCL King Electrical Appliances (Huizhou) Co., Ltd',
      dhcpVendorClass: ANDROID_14,
      backendHosts: ['euads-o.api.leiniao.com'],
    },
    ['vendor TCL King Electrical Appliances (Huizhou) Co., Ltd 4', 'backend euads-o.api.leiniao.com 2'],
  ],
  [
    'roku',
    { vendor: 'Shenzhen TCL New Technology Co., Ltd', ssdpTypes: ['roku:ecp'], backendHosts: ['captive.roku.com'] },
    ['ssdp roku:ecp 4', 'backend captive.roku.com 2'],
  ],
  [
    'tesla-energy',
    {
      vendor: 'Tesla,Inc.',
      hostnames: ['TeslaWallConnector_AB12CD'],
      backendHosts: ['devices.teslaenergy.services'],
    },
    ['vendor Tesla,Inc. 4', 'hostname teslawallconnector_ab12cd 3', 'backend devices.teslaenergy.services 2'],
  ],
  [
    'tplink-kasa',
    { vendor: 'TP-LINK TECHNOLOGIES CO.,LTD.', hostnames: ['HS110'] },
    ['vendor TP-LINK TECHNOLOGIES CO.,LTD. 2', 'hostname hs110 2'],
  ],
  [
    'ubiquiti-unifi',
    { vendor: 'Ubiquiti Inc', backendHosts: ['ping.ui.com', 'trace.svc.ui.com'] },
    ['vendor Ubiquiti Inc 4', 'backend ping.ui.com 3'],
  ],
  [
    'vizio-tv',
    { vendor: 'Vizio, Inc', mdnsServices: ['_viziocast._tcp'], backendHosts: ['control.tvinteractive.tv'] },
    ['vendor Vizio, Inc 4', 'mdns _viziocast._tcp 4', 'backend control.tvinteractive.tv 2'],
  ],
  [
    'wiz',
    { vendor: 'WiZ IoT Company Limited', hostnames: ['wiz_1a2b3c'], backendHosts: ['eu.mqtt.wiz.world'] },
    ['vendor WiZ IoT Company Limited 4', 'hostname wiz_1a2b3c 3', 'backend eu.mqtt.wiz.world 2'],
  ],
  [
    'wyze-cam',
    { vendor: 'Wyze Labs Inc', backendHosts: ['api.wyzecam.com'] },
    ['vendor Wyze Labs Inc 4', 'backend api.wyzecam.com 2'],
  ],
  [
    'xiaomi-home',
    { vendor: 'Beijing Xiaomi Mobile Software Co., Ltd', backendHosts: ['ot.io.mi.com', 'dns.io.mi.com'] },
    ['backend ot.io.mi.com 3', 'vendor Beijing Xiaomi Mobile Software Co., Ltd 2'],
  ],
  [
    'yeelight',
    { vendor: 'Yeelink', hostnames: ['yeelink-light-color1_miio1234'] },
    ['vendor Yeelink 4', 'hostname yeelink-light-color1_miio1234 3'],
  ],
  [
    'yi-cam',
    { vendor: 'Shanghai Xiaoyi Technology Co., Ltd.', backendHosts: ['log.eu.xiaoyi.com'] },
    ['vendor Shanghai Xiaoyi Technology Co., Ltd. 4', 'backend log.eu.xiaoyi.com 2'],
  ],
  [
    'zaptec',
    { vendor: 'Zaptec', backendHosts: ['devices.zaptec.com'] },
    ['vendor Zaptec 4', 'backend devices.zaptec.com 3'],
  ],
] as [string, Partial<NoteEvidence>, string[]][])(
  '%s is recognised by what it announces or contacts',
  (slug, evidence, expected) => {
    const match = matchNote({ ...SILENT, ...evidence }, shipped);
    expect(match?.slug).toBe(slug);
    expect(match?.evidence.map(({ evidence: kind, value, weight }) => `${kind} ${value} ${weight}`)).toEqual(expected);
  },
);

test.each([
  ['a computer of ASUS that fetches a driver', { vendor: 'ASUSTek COMPUTER INC.', backendHosts: ['dlcdnet.asus.com'] }],
  ['a thing with the name of its chip alone', { vendor: CHIP, hostnames: ['ingenic-2C8C'] }],
  ['a television of Haier', { vendor: 'Qingdao Haier Technology Co.,Ltd', dhcpVendorClass: ANDROID_14 }],
  ['a telephone with the hOn app', { randomizedMac: true, backendHosts: ['api-iot.he.services', 'hon-smarthome.com'] }],
  [
    "a telephone with Bose's app",
    { randomizedMac: true, backendHosts: ['streaming.bose.com', 'events.api.bosecm.com'] },
  ],
  ['a computer that reads about Zaptec', { vendor: 'Intel Corporate', backendHosts: ['api.zaptec.com'] }],
  ["a computer with a programme that updates Brother's printers", { backendHosts: ['firmverup.brother.co.jp'] }],
  ['a computer on which somebody plays Steam', { backendHosts: ['steamdeck-atomupd.steamos.cloud'] }],
] as [string, Partial<NoteEvidence>][])('%s is none of them', (_, evidence) => {
  expect(matchNote({ ...SILENT, ...evidence }, shipped)).toBeNull();
});
