// Every topic the sensor uses, made from the base topic, the sensor's id and a MAC. No name from the network is in any.
import type { Mac } from '../decode/packet.ts';

export interface TopicOptions {
  /** `thingwatch` by default; may have several levels. */
  baseTopic: string;
  /** `[a-zA-Z0-9_-]+`, by default the 12 hex digits of the capture interface's MAC. */
  sensorId: string;
  /** Home Assistant's discovery prefix. */
  discoveryPrefix: string;
}

export interface Topics {
  /** What all the sensor's own topics begin with. */
  root: string;
  status: string;
  state: string;
  alert: string;
  weekly: string;
  acknowledgeAll: string;
  deviceState(mac: Mac): string;
  deviceAlert(mac: Mac): string;
  allowMail(mac: Mac): string;
  acknowledge(mac: Mac): string;
  /** Filters that catch every order. */
  orders: string[];
  /** Filter that catches every device's retained state. */
  allDeviceStates: string;
  /** The MAC of a device's topic, with what follows it; null for any other topic. */
  parseDevice(topic: string): { mac: Mac; rest: string } | null;
  /** Identifier in Home Assistant, and the start of every unique id. */
  sensorIdentifier: string;
  deviceIdentifier(mac: Mac): string;
  sensorConfig: string;
  deviceConfig(mac: Mac): string;
  /** The MAC of one of our device config topics; null for any other topic. */
  parseDeviceConfig(topic: string): Mac | null;
}

export function createTopics({ baseTopic, sensorId, discoveryPrefix }: TopicOptions): Topics {
  const root = `${baseTopic}/${sensorId}`;
  const devices = `${root}/devices/`;
  const sensorIdentifier = `thingwatch_${sensorId}`;
  const device = (mac: Mac, rest: string): string => `${devices}${mac12(mac)}/${rest}`;
  const config = (identifier: string): string => `${discoveryPrefix}/device/${identifier}/config`;
  const configStart = `${discoveryPrefix}/device/${sensorIdentifier}_`;
  return {
    root,
    status: `${root}/status`,
    state: `${root}/state`,
    alert: `${root}/alert`,
    weekly: `${root}/weekly`,
    acknowledgeAll: `${root}/acknowledge`,
    deviceState: (mac) => device(mac, 'state'),
    deviceAlert: (mac) => device(mac, 'alert'),
    allowMail: (mac) => device(mac, 'allow_mail/set'),
    acknowledge: (mac) => device(mac, 'acknowledge'),
    orders: [`${root}/acknowledge`, `${devices}+/allow_mail/set`, `${devices}+/acknowledge`],
    allDeviceStates: `${devices}+/state`,
    parseDevice(topic) {
      if (!topic.startsWith(devices)) return null;
      const mac = macFrom12(topic.slice(devices.length, devices.length + 12));
      const rest = topic.slice(devices.length + 12);
      return mac === null || !rest.startsWith('/') ? null : { mac, rest: rest.slice(1) };
    },
    sensorIdentifier,
    deviceIdentifier: (mac) => `${sensorIdentifier}_${mac12(mac)}`,
    sensorConfig: config(sensorIdentifier),
    deviceConfig: (mac) => config(`${sensorIdentifier}_${mac12(mac)}`),
    parseDeviceConfig(topic) {
      if (!topic.startsWith(configStart)) return null;
      const [mac, rest] = [
        topic.slice(configStart.length, configStart.length + 12),
        topic.slice(configStart.length + 12),
      ];
      return rest === '/config' ? macFrom12(mac) : null;
    },
  };
}

/** `a4cf1299beef`. */
export function mac12(mac: Mac): string {
  return mac.replaceAll(':', '').toLowerCase();
}

/** Null unless the text is exactly 12 lower-case hex digits. */
export function macFrom12(text: string): Mac | null {
  return /^[0-9a-f]{12}$/.test(text) ? text.replace(/..(?!$)/g, '$&:') : null;
}
