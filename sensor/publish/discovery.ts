// Home Assistant discovery: one retained payload for the sensor and one per device, with all their entities. Pure.
// Valid from release 2024.11 (device-based discovery); the schema refuses unknown keys, so there are none.
import { isLocallyAdministered } from '../attribute/device.ts';
import { english, type Words } from '../language/words.ts';
import { EVENT_TYPES } from './alerts.ts';
import type { DeviceView, SensorView } from './ports.ts';
import { deviceName, slug } from './text.ts';
import { mac12, type Topics } from './topics.ts';

export interface DiscoveryContext {
  topics: Topics;
  /** The language of names. */
  words: Words;
  /** Ours, shown as the origin of the entities. */
  version: string;
  /** Lets Home Assistant show the device beside others with the same MAC. */
  linkByMac: boolean;
}

type Options = Record<string, string | number | boolean | readonly unknown[]>;

interface Component extends Options {
  platform: string;
}

/** Each has a name in every language. */
type Components = Partial<Record<keyof Words['entities'], Component>>;

/**
 * `total_increasing` of a thing counted. Units are the same in every language: another one would have Home Assistant begin its
 * statistics anew.
 */
const counter = (unit: string): Options => ({ state_class: 'total_increasing', unit_of_measurement: unit });
const gauge = (unit: string): Options => ({ state_class: 'measurement', unit_of_measurement: unit });
const value = (key: string): Options => ({ value_template: `{{ value_json.${key} }}` });
const diagnostic: Options = { entity_category: 'diagnostic' };
const hidden: Options = { enabled_by_default: false };

function attributes(topic: string, key: string): Options {
  return { json_attributes_topic: topic, json_attributes_template: `{{ value_json.${key} | tojson }}` };
}

function alertEntity(topic: string): Component {
  return { platform: 'event', icon: 'mdi:shield-alert', state_topic: topic, event_types: EVENT_TYPES };
}

function deviceComponents(topics: Topics, mac: string) {
  return {
    sending_mail: {
      platform: 'binary_sensor',
      device_class: 'problem',
      icon: 'mdi:email-alert',
      ...value('sending_mail'),
      ...attributes(topics.deviceState(mac), 'mail'),
    },
    alert: alertEntity(topics.deviceAlert(mac)),
    mail_connections: {
      platform: 'sensor',
      icon: 'mdi:email-arrow-right',
      ...counter('connections'),
      ...value('mail_connections'),
    },
    last_mail: {
      platform: 'sensor',
      device_class: 'timestamp',
      ...diagnostic,
      ...value('last_mail'),
    },
    last_update_backend: {
      platform: 'sensor',
      icon: 'mdi:server-network',
      ...diagnostic,
      ...value('last_update_backend'),
    },
    last_firmware_download: {
      platform: 'sensor',
      device_class: 'timestamp',
      ...diagnostic,
      ...value('last_firmware_download'),
    },
    update_connections: {
      platform: 'sensor',
      icon: 'mdi:cloud-download',
      ...diagnostic,
      ...hidden,
      ...counter('connections'),
      ...value('update_connections'),
    },
    internet_activity: {
      platform: 'sensor',
      icon: 'mdi:web',
      ...diagnostic,
      ...hidden,
      ...gauge('connections/h'),
      ...value('internet_activity'),
    },
    allow_mail: {
      platform: 'switch',
      icon: 'mdi:email-check',
      entity_category: 'config',
      ...value('allow_mail'),
      command_topic: topics.allowMail(mac),
    },
    acknowledge: {
      platform: 'button',
      icon: 'mdi:check',
      command_topic: topics.acknowledge(mac),
      payload_press: 'PRESS',
    },
  } satisfies Components;
}

function sensorComponents(topics: Topics) {
  return {
    connection: {
      platform: 'binary_sensor',
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
      device_class: 'problem',
      ...diagnostic,
      ...value('mirror_port_problem'),
      ...attributes(topics.state, 'mirror_port'),
    },
    storage: {
      platform: 'binary_sensor',
      device_class: 'problem',
      icon: 'mdi:database-alert',
      ...diagnostic,
      ...value('storage_problem'),
      ...attributes(topics.state, 'storage'),
    },
    alert: alertEntity(topics.alert),
    devices_sending_mail: {
      platform: 'sensor',
      icon: 'mdi:email-alert',
      ...gauge('devices'),
      ...value('devices_sending_mail'),
    },
    devices_seen: {
      platform: 'sensor',
      icon: 'mdi:lan',
      ...diagnostic,
      ...gauge('devices'),
      ...value('devices_seen'),
    },
    packets: {
      platform: 'sensor',
      icon: 'mdi:package-variant',
      ...diagnostic,
      ...hidden,
      ...gauge('packets/s'),
      ...value('packets_per_second'),
    },
    capture_loss: {
      platform: 'sensor',
      icon: 'mdi:package-variant-remove',
      ...diagnostic,
      ...hidden,
      ...gauge('%'),
      ...value('capture_loss'),
    },
    coverage: {
      platform: 'sensor',
      icon: 'mdi:eye-check',
      ...diagnostic,
      ...gauge('%'),
      ...value('coverage_week'),
      ...attributes(topics.state, 'coverage'),
    },
    weekly_summary: {
      platform: 'sensor',
      device_class: 'timestamp',
      icon: 'mdi:calendar-check',
      ...diagnostic,
      state_topic: topics.weekly,
      ...value('made'),
      json_attributes_topic: topics.weekly,
    },
    alerts_dropped: {
      platform: 'sensor',
      icon: 'mdi:tray-remove',
      ...diagnostic,
      ...hidden,
      ...counter('alerts'),
      ...value('alerts_dropped'),
    },
    started: {
      platform: 'sensor',
      device_class: 'timestamp',
      ...diagnostic,
      ...hidden,
      ...value('started'),
    },
    acknowledge_all: {
      platform: 'button',
      icon: 'mdi:check-all',
      command_topic: topics.acknowledgeAll,
      payload_press: 'PRESS',
    },
  } satisfies Components;
}

/** What Home Assistant is told of a device. */
export type DiscoveredDevice = Pick<DeviceView, 'idName' | 'mac' | 'name' | 'randomizedMac'>;

/** The payload for a device on the home network; it hangs below the sensor. */
export function deviceDiscovery(context: DiscoveryContext, device: DiscoveredDevice): string {
  const { topics, linkByMac, words } = context;
  const { mac } = device;
  const components = deviceComponents(topics, mac);
  const named = (language: Words, name: string | null) =>
    deviceName(
      language,
      name,
      mac,
      Object.keys(components).map((key) => language.entities[key as keyof Components]),
    );
  const name = named(words, device.name);
  const identifier = topics.deviceIdentifier(mac);
  return payload(context, {
    device: {
      identifiers: [identifier],
      ...(linkByMac && !device.randomizedMac ? { connections: [['mac', mac]] } : {}),
      name,
      via_device: topics.sensorIdentifier,
    },
    stateTopic: topics.deviceState(mac),
    components: identified(words, components, identifier, slug(named(english, device.idName), mac12(mac))),
  });
}

/** The payload for the sensor itself; published before the devices that hang below it. */
export function sensorDiscovery(
  context: DiscoveryContext,
  { mac, pageUrl }: Pick<SensorView, 'mac' | 'pageUrl'>,
): string {
  const { topics, version, linkByMac, words } = context;
  const identifier = topics.sensorIdentifier;
  return payload(context, {
    device: {
      identifiers: [identifier],
      ...(linkByMac && mac !== null && !isLocallyAdministered(mac) ? { connections: [['mac', mac]] } : {}),
      name: 'Thingwatch',
      manufacturer: 'Thingwatch',
      model: words.homeAssistant.model,
      sw_version: version,
      ...(pageUrl === null ? {} : { configuration_url: pageUrl }),
    },
    stateTopic: topics.state,
    components: identified(words, sensorComponents(topics), identifier, 'thingwatch'),
  });
}

function identified(words: Words, components: Components, identifier: string, prefix: string): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(components).map(([key, { platform, ...rest }]) => {
      const entity = key as keyof Components;
      return [
        key,
        {
          platform,
          unique_id: `${identifier}_${key}`,
          default_entity_id: `${platform}.${prefix}_${slug(english.entities[entity], key)}`,
          name: words.entities[entity],
          ...rest,
        },
      ];
    }),
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
