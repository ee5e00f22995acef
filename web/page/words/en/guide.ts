// English: the first-run guide.
import type { Vantage } from '../../../../sensor/record/health.ts';
import type { MirrorProblem, MirrorSummary } from '../../../shapes.ts';
import { plural } from '../../format.ts';
import type { Stage } from '../../guide-state.ts';

export const guide = {
  title: 'Set up the view',
  open: 'Guide to a better place',
  progress: 'Steps of the guide',
  stages: { see: 'See the home', name: 'Name devices', test: 'Test alert', done: 'Done' } satisfies Record<
    'see' | Stage,
    string
  >,
  stageDone: '(done)',
  now: 'The sensor sees now:',
  sees: {
    'lan-both-ways': 'the home',
    'lan-one-way': 'one way only',
    'wan-side': 'the router’s outer side',
    'own-traffic-only': 'own traffic only',
    'broadcast-only': 'broadcasts only',
    nothing: 'nothing',
  } satisfies Record<Vantage, string>,
  byItself: 'This page looks again by itself: it turns green once the sensor sees the home.',
  giveTraffic: 'Open a web page on a phone or computer at home, so that there is something to see.',
  what: 'What to change',
  choose: 'Your switch or router',
  chooseOne: 'Choose it for its steps …',
  kinds: { switch: 'Switches', router: 'Routers', firewall: 'Firewalls' } satisfies Record<
    MirrorSummary['kind'],
    string
  >,
  other: 'Another one',
  otherHints: [
    'Open its settings page and look for “mirror”, “SPAN” or “monitor port”.',
    'A switch without a settings page cannot mirror. One that can costs about 30 €: put it between the router and everything else.',
    'A router on which you may run tcpdump can send the traffic over SSH: the manual says how, under “Where to get the traffic”.',
    'You know the way for yours? Add it: firmware-notes/README.md, “Guides to switches and routers”.',
  ],
  problem: {
    set: 'Set the mirror',
    directions: 'Mirror both directions',
    inside: 'Move it inside',
    nothing: 'Let something arrive',
  } satisfies Record<MirrorProblem, string>,
  more: 'What it shows, and sources',
  differs: 'Menus differ between models and versions. The maker says more:',
  source: (host: string, last: string): string => (last === '' ? host : `${host}: ${last}`),
  nameTitle: 'Name your devices',
  nameHint:
    'An alert is easier to understand when it names the thing. Open one, give it a name, and come back with “Home”.',
  moreDevices: (count: number): string => `${plural(count, 'more is', 'more are')} under “Devices”.`,
  next: 'Next',
  testTitle: 'Does an alert reach you?',
  testHint: 'Send one, and look where you want to be told: in Home Assistant, or on the phone.',
  testMore: 'Nothing came? “Sensor” shows who is told, and what keeps them.',
  doneTitle: 'That is all',
  doneHints: [
    'The sensor watches from now on. Nothing more needs to be done while this page says “Quiet”.',
    'When the sensor sees too little again, “Home” says so. The way back to this guide is under “Sensor”.',
  ],
  leave: 'Leave the guide',
  finish: 'Finish',
};
