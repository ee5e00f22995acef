// Home Assistant discovery: one retained payload for the sensor and one per device, with all their entities. Pure.
// Valid from release 2024.11 (device-based discovery); the schema refuses unknown keys, so there are none.
import { isLocallyAdministered } from '../attribute/device.ts';
import { EVENT_TYPES } from './alerts.ts';
import type { DeviceView, SensorView } from './ports.ts';
import { deviceName, slug } from './text.ts';
import { mac12, type Topics } from './topics.ts';

export interface DiscoveryContext {
  topics: Topics;
  /** Ours, shown as the origin of the entities. */
  version: string;
  /** Lets Home Assistant show the device beside others with the same MAC. */
  linkByMac: boolean;
}

type Options = Record<string, string | number | boolean | readonly unknown[]>;

interface Component extends Options {
  platform: string;
  name: string;
}

/** `total_increasing` of a thing counted. */
const counter = (unit: string): Options => ({ state_class: 'total_increasing', unit_of_measurement: unit });
const gauge = (unit: string): Options => ({ state_class: 'measurement', unit_of_measurement: unit });
const value = (key: string): Options => ({ value_template: `{{ value_json.${key} }}` });
const diagnostic: Options = { entity_category: 'diagnostic' };
const hidden: Options = { enabled_by_default: false };

function attributes(topic: string, key: string): Options {
  return { json_attributes_topic: topic, json_attributes_template: `{{ value_json.${key} | tojson }}` };
}

function alertEntity(topic: string): Component {
  return { platform: 'event', name: 'Alert', icon: 'mdi:shield-alert', state_topic: topic, event_types: EVENT_TYPES };
}

function deviceComponents(topics: Topics, mac: string): Record<string, Component> {
  return {
    sending_mail: {
      platform: 'binary_sensor',
      name: 'Sending mail',
      device_class: 'problem',
      icon: 'mdi:email-alert',
      ...value('sending_mail'),
      ...attributes(topics.deviceState(mac), 'mail'),
    },
    alert: alertEntity(topics.deviceAlert(mac)),
    mail_connections: {
      platform: 'sensor',
      name: 'Mail connections',
      icon: 'mdi:email-arrow-right',
      ...counter('connections'),
      ...value('mail_connections'),
    },
    last_mail: {
      platform: 'sensor',
      name: 'Last mail connection',
      device_class: 'timestamp',
      ...diagnostic,
      ...value('last_mail'),
    },
    last_update_backend: {
      platform: 'sensor',
      name: 'Last update backend',
      icon: 'mdi:server-network',
      ...diagnostic,
      ...value('last_update_backend'),
    },
    last_firmware_download: {
      platform: 'sensor',
      name: 'Last firmware download',
      device_class: 'timestamp',
      ...diagnostic,
      ...value('last_firmware_download'),
    },
    update_connections: {
      platform: 'sensor',
      name: 'Update connections',
      icon: 'mdi:cloud-download',
      ...diagnostic,
      ...hidden,
      ...counter('connections'),
      ...value('update_connections'),
    },
    internet_activity: {
      platform: 'sensor',
      name: 'Internet activity',
      icon: 'mdi:web',
      ...diagnostic,
      ...hidden,
      ...gauge('connections/h'),
      ...value('internet_activity'),
    },
    allow_mail: {
      platform: 'switch',
      name: 'Allow mail',
      icon: 'mdi:email-check',
      entity_category: 'config',
      ...value('allow_mail'),
      command_topic: topics.allowMail(mac),
    },
    acknowledge: {
      platform: 'button',
      name: 'Acknowledge alert',
      icon: 'mdi:check',
      command_topic: topics.acknowledge(mac),
      payload_press: 'PRESS',
    },
  };
}

function sensorComponents(topics: Topics): Record<string, Component> {
  return {
    connection: {
      platform: 'binary_sensor',
      name: 'Connection',
      device_class: 'connectivity',
      ...diagnostic,
      state_topic: topics.status,
      payload_on: 'online',
      payload_off: 'offline',
      // Without this it would be unavailable exactly when it should read "Disconnected".
      availability: [],
    },
    mirror_port: {
      platform: 'binary_sensor',
      name: 'Mirror port',
      device_class: 'problem',
      ...diagnostic,
      ...value('mirror_port_problem'),
      ...attributes(topics.state, 'mirror_port'),
    },
    storage: {
      platform: 'binary_sensor',
      name: 'Storage',
      device_class: 'problem',
      icon: 'mdi:database-alert',
      ...diagnostic,
      ...value('storage_problem'),
      ...attributes(topics.state, 'storage'),
    },
    alert: alertEntity(topics.alert),
    devices_sending_mail: {
      platform: 'sensor',
      name: 'Devices sending mail',
      icon: 'mdi:email-alert',
      ...gauge('devices'),
      ...value('devices_sending_mail'),
    },
    devices_seen: {
      platform: 'sensor',
      name: 'Devices seen',
      icon: 'mdi:lan',
      ...diagnostic,
      ...gauge('devices'),
      ...value('devices_seen'),
    },
    packets: {
      platform: 'sensor',
      name: 'Packets',
      icon: 'mdi:package-variant',
      ...diagnostic,
      ...hidden,
      ...gauge('packets/s'),
      ...value('packets_per_second'),
    },
    capture_loss: {
      platform: 'sensor',
      name: 'Capture loss',
      icon: 'mdi:package-variant-remove',
      ...diagnostic,
      ...hidden,
      ...gauge('%'),
      ...value('capture_loss'),
    },
    alerts_dropped: {
      platform: 'sensor',
      name: 'Alerts dropped',
      icon: 'mdi:tray-remove',
      ...diagnostic,
      ...hidden,
      ...counter('alerts'),
      ...value('alerts_dropped'),
    },
    started: {
      platform: 'sensor',
      name: 'Started',
      device_class: 'timestamp',
      ...diagnostic,
      ...hidden,
      ...value('started'),
    },
    acknowledge_all: {
      platform: 'button',
      name: 'Acknowledge all alerts',
      icon: 'mdi:check-all',
      command_topic: topics.acknowledgeAll,
      payload_press: 'PRESS',
    },
  };
}

/** The payload for a device on the home network; it hangs below the sensor. */
export function deviceDiscovery(context: DiscoveryContext, device: DeviceView): string {
  const { topics, linkByMac } = context;
  const { mac } = device;
  const components = deviceComponents(topics, mac);
  const entityNames = Object.values(components).map((component) => component.name);
  const name = deviceName(device.name, mac, entityNames);
  const identifier = topics.deviceIdentifier(mac);
  return payload(context, {
    device: {
      identifiers: [identifier],
      ...(linkByMac && !device.randomizedMac ? { connections: [['mac', mac]] } : {}),
      name,
      via_device: topics.sensorIdentifier,
    },
    stateTopic: topics.deviceState(mac),
    components: identified(components, identifier, slug(name, mac12(mac))),
  });
}

/** The payload for the sensor itself; published before the devices that hang below it. */
export function sensorDiscovery(context: DiscoveryContext, { mac, pageUrl }: SensorView): string {
  const { topics, version, linkByMac } = context;
  const identifier = topics.sensorIdentifier;
  return payload(context, {
    device: {
      identifiers: [identifier],
      ...(linkByMac && mac !== null && !isLocallyAdministered(mac) ? { connections: [['mac', mac]] } : {}),
      name: 'Thingwatch',
      manufacturer: 'Thingwatch',
      model: 'Gateway sensor',
      sw_version: version,
      ...(pageUrl === null ? {} : { configuration_url: pageUrl }),
    },
    stateTopic: topics.state,
    components: identified(sensorComponents(topics), identifier, 'thingwatch'),
  });
}

function identified(
  components: Record<string, Component>,
  identifier: string,
  prefix: string,
): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(components).map(([key, { platform, name, ...rest }]) => [
      key,
      {
        platform,
        unique_id: `${identifier}_${key}`,
        default_entity_id: `${platform}.${prefix}_${slug(name, key)}`,
        name,
        ...rest,
      },
    ]),
  );
}

interface Parts {
  device: Record<string, unknown>;
  stateTopic: string;
  components: Record<string, Options>;
}

function payload({ topics, version }: DiscoveryContext, { device, stateTopic, components }: Parts): string {
  return JSON.stringify({
    device,
    origin: { name: 'thingwatch', sw_version: version },
    availability: [{ topic: topics.status }],
    state_topic: stateTopic,
    qos: 1,
    components,
  });
}
