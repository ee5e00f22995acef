// A home for tests of the recorder: devices that announce a name and mail without a frame, and all that is told of it.
import { type Device, mailDestinationKey } from '../../sensor/attribute/device.ts';
import type { Finding } from '../../sensor/detect/finding.ts';
import type { Command, CommandResult } from '../../sensor/record/commands.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { START, Stage, type StageOptions } from '../support/stage.ts';
import { finding } from './findings.ts';

export const SERVER = '203.0.113.25';

export class Home {
  readonly stage: Stage;
  readonly told: string[] = [];

  constructor(macs: readonly string[], options: StageOptions = {}) {
    this.stage = new Stage(options);
    for (const mac of macs) this.appears(mac);
    const { engine, events } = this.stage.spine;
    engine.tick(START);
    // New names make others be told anew.
    this.stage.spine.recorder.flushMail();
    this.stage.spine.recorder.flushMail();
    events.on('incident', ({ change, incident }) => this.told.push(`${change} ${incident.device}`));
    events.on('device', ({ mac }) => this.told.push(`device ${mac}`));
    events.on('forgotten', (mac) => this.told.push(`forgotten ${mac}`));
    events.on('expectations', () => this.told.push('expectations'));
  }

  /** It announces a name of its own. */
  appears(mac: string): Device {
    const { devices } = this.stage.spine.engine;
    const device = devices.seen(mac, START);
    if (device === null) throw new Error(`${mac} is a group address`);
    device.hostnames.push({ name: `host-${mac.slice(-2)}`, from: 'dhcp', firstSeen: START, lastSeen: START });
    devices.keep(device);
    return device;
  }

  device(mac: string): Device {
    const device = this.stage.spine.engine.devices.get(mac);
    if (device === undefined) throw new Error(`no ${mac}`);
    return device;
  }

  finding(over: Partial<Finding>): Finding {
    return finding({ time: START, ...over });
  }

  /** It tries a mail server. */
  mails(mac: string, over: Partial<Finding> = {}, ip: string = SERVER): Incident {
    const device = this.device(mac);
    const port = over.portClass === 'submission' ? 587 : 25;
    const counts = { attempts: 1, connected: 0, refused: 0, unanswered: 0, messages: 0, recipients: 0 };
    const to = { ip, port, name: null, nameFrom: null, ...counts, firstSeen: START, lastSeen: START };
    device.mail.destinations.set(mailDestinationKey(to), to);
    return this.finds({ device: mac, destination: { ip, port, name: null }, ...over });
  }

  finds(over: Partial<Finding>): Incident {
    const { recorder } = this.stage.spine;
    const one = this.finding(over);
    recorder.finding(one, one.device === null ? null : this.device(one.device));
    const incident = recorder.incidents.all().findLast(({ device, kind, portClass }) => {
      return device === one.device && kind === one.kind && portClass === one.portClass;
    });
    if (incident === undefined) throw new Error('nothing was opened');
    return incident;
  }

  run(command: Command): CommandResult {
    this.stage.spine.recorder.flushMail();
    this.told.length = 0;
    return this.stage.run(command);
  }

  get store() {
    return this.stage.spine.store;
  }

  /** As it is on disk. */
  stored(mac: string): Device | undefined {
    return this.store.loadDevices().find((device) => device.mac === mac);
  }
}
