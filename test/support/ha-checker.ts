// Checks messages by Home Assistant's rules for MQTT, from release 2024.11 to 2026.8: what its schemas refuse or silently
// drop, and what its documentation asks of states and events. Returns complaints; an empty list is a pass.

export interface MqttMessage {
  topic: string;
  payload: string;
  retain: boolean;
  qos?: number;
}

type Json = Record<string, unknown>;

const ROOT_REQUIRED = ['device', 'origin', 'components'];
const ROOT_ALLOWED = new Set([
  ...ROOT_REQUIRED,
  ...['availability', 'availability_topic', 'availability_mode', 'availability_template', 'payload_available'],
  ...['payload_not_available', 'state_topic', 'command_topic', 'qos', 'encoding'],
]);
const DEVICE_ALLOWED = new Set([
  ...['identifiers', 'connections', 'name', 'manufacturer', 'model', 'model_id', 'hw_version', 'sw_version'],
  ...['serial_number', 'via_device', 'suggested_area', 'configuration_url'],
]);
const ORIGIN_ALLOWED = new Set(['name', 'sw_version', 'support_url']);
/** Options every platform takes in every release served. */
const COMMON = [
  ...['platform', 'unique_id', 'default_entity_id', 'enabled_by_default', 'entity_category', 'entity_picture', 'icon'],
  ...['json_attributes_topic', 'json_attributes_template', 'qos', 'encoding', 'availability', 'availability_topic'],
  ...['availability_mode', 'availability_template', 'payload_available', 'payload_not_available', 'name'],
];

interface Platform {
  required: string[];
  own: string[];
  deviceClasses: string[];
  categories: string[];
}

const PLATFORMS: Record<string, Platform> = {
  binary_sensor: {
    required: ['state_topic'],
    own: ['expire_after', 'force_update', 'off_delay', 'payload_on', 'payload_off', 'value_template'],
    deviceClasses: [
      ...['battery', 'battery_charging', 'carbon_monoxide', 'cold', 'connectivity', 'door', 'garage_door', 'gas'],
      ...['heat', 'light', 'lock', 'moisture', 'motion', 'moving', 'occupancy', 'opening', 'plug', 'power', 'presence'],
      ...['problem', 'running', 'safety', 'smoke', 'sound', 'tamper', 'update', 'vibration', 'window'],
    ],
    categories: ['diagnostic'],
  },
  sensor: {
    required: ['state_topic'],
    own: [
      ...['state_class', 'unit_of_measurement', 'suggested_display_precision', 'options', 'expire_after'],
      ...['force_update', 'last_reset_value_template', 'value_template'],
    ],
    deviceClasses: ['timestamp', 'date', 'enum', 'duration', 'data_rate', 'data_size', 'signal_strength'],
    categories: ['diagnostic'],
  },
  event: {
    required: ['state_topic', 'event_types'],
    own: ['value_template'],
    deviceClasses: ['doorbell', 'button', 'motion'],
    categories: ['diagnostic', 'config'],
  },
  button: {
    required: ['command_topic'],
    own: ['command_template', 'payload_press', 'retain'],
    deviceClasses: ['identify', 'restart', 'update'],
    categories: ['diagnostic', 'config'],
  },
  switch: {
    required: ['command_topic'],
    own: ['payload_on', 'payload_off', 'state_on', 'state_off', 'optimistic', 'retain', 'value_template'],
    deviceClasses: ['outlet', 'switch'],
    categories: ['diagnostic', 'config'],
  },
};

const UNITS: Record<string, readonly string[]> = {
  duration: ['d', 'h', 'min', 's', 'ms'],
  data_rate: ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'B/s', 'kB/s', 'MB/s', 'GB/s', 'KiB/s', 'MiB/s', 'GiB/s'],
  data_size: ['bit', 'kbit', 'Mbit', 'Gbit', 'B', 'kB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB', 'YiB'],
  signal_strength: ['dB', 'dBm'],
};
const STATE_CLASSES = ['measurement', 'total', 'total_increasing'];
/** Names that json_attributes may not carry: Home Assistant filters them out. */
const RESERVED_ATTRIBUTES = ['available', 'device_class', 'entity_category', 'icon', 'name', 'state', 'unique_id'];
/** Options a component takes over from the root. */
const SHARED = ['state_topic', 'command_topic'];
const ZONED_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const TIME_WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/;
const CONFIG_TOPIC = /^[^/]+\/device\/(?:[a-zA-Z0-9_-]+\/)?([a-zA-Z0-9_-]+)\/config$/;

/** One discovery message. */
export function checkDiscovery(message: MqttMessage): string[] {
  const complaints: string[] = [];
  if (!CONFIG_TOPIC.test(message.topic)) complaints.push(`illegal discovery topic ${message.topic}`);
  if (!message.retain) complaints.push('discovery is not retained');
  if (message.payload === '') return complaints;
  const root = parseObject(message.payload);
  if (root === null) return [...complaints, 'discovery is not a JSON object'];
  for (const key of ROOT_REQUIRED) if (!(key in root)) complaints.push(`required key not provided @ ${key}`);
  complaints.push(...extraKeys(root, ROOT_ALLOWED, 'root'));
  if ('availability' in root && 'availability_topic' in root) complaints.push('availability twice at root');
  if ('qos' in root && ![0, 1, 2].includes(root.qos as number)) complaints.push('qos is not 0, 1 or 2');
  complaints.push(...checkAvailability(root.availability, 'root'));
  complaints.push(...checkDevice(root.device), ...checkOrigin(root.origin));
  const components = asObject(root.components);
  if (components === null || Object.keys(components).length === 0) return [...complaints, 'no components'];
  const deviceName = asObject(root.device)?.name;
  const seen = new Set<unknown>();
  for (const [key, value] of Object.entries(components)) {
    const component = asObject(value);
    if (component === null) complaints.push(`${key}: not an object`);
    else {
      complaints.push(...checkComponent(component, root, deviceName).map((text) => `${key}: ${text}`));
      if (seen.has(component.unique_id)) complaints.push(`${key}: unique_id used twice`);
      seen.add(component.unique_id);
    }
  }
  return complaints;
}

function checkDevice(value: unknown): string[] {
  const device = asObject(value);
  if (device === null) return ['device is not an object'];
  const complaints = extraKeys(device, DEVICE_ALLOWED, 'device');
  const identifiers = [device.identifiers ?? []].flat();
  const connections = device.connections ?? [];
  if (!Array.isArray(connections) || connections.some((pair) => !Array.isArray(pair) || pair.length !== 2)) {
    complaints.push('connections is not a list of pairs');
  } else if (identifiers.length === 0 && connections.length === 0) {
    complaints.push('device has neither identifiers nor connections');
  } else {
    for (const [kind, mac] of connections as [unknown, unknown][]) {
      if (kind === 'mac' && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(String(mac))) complaints.push('connection: no MAC');
      if (kind === 'mac' && /^.[2367abef]/.test(String(mac))) complaints.push('connection: locally administered MAC');
    }
  }
  if (typeof device.name !== 'string' || device.name === '') complaints.push('device has no name');
  else {
    if ([...device.name].length > 255) complaints.push('device name is longer than 255 characters');
    if (/[\p{Cc}\p{Cs}]/u.test(device.name)) complaints.push('device name has control characters');
  }
  const url = device.configuration_url;
  if (url !== undefined && !/^(https?|homeassistant):\/\/[^/]+/.test(String(url)))
    complaints.push('configuration_url has no scheme and host');
  return complaints;
}

function checkOrigin(value: unknown): string[] {
  const origin = asObject(value);
  if (origin === null) return ['origin is not an object'];
  const complaints = extraKeys(origin, ORIGIN_ALLOWED, 'origin');
  if (typeof origin.name !== 'string' || origin.name === '') complaints.push('origin has no name');
  return complaints;
}

function checkComponent(component: Json, root: Json, deviceName: unknown): string[] {
  const platform = PLATFORMS[String(component.platform)];
  if (platform === undefined) return [`unknown platform ${String(component.platform)}`];
  const complaints = extraKeys(
    component,
    new Set([...COMMON, ...platform.own, ...platform.required, 'device_class', ...SHARED]),
    'component',
  );
  for (const key of platform.required) {
    if (!(key in component) && !(SHARED.includes(key) && key in root))
      complaints.push(`required key not provided @ ${key}`);
  }
  if (!/^[a-zA-Z0-9_-]+$/.test(String(component.unique_id ?? ''))) complaints.push('no usable unique_id');
  const entityId = component.default_entity_id;
  if (entityId !== undefined) {
    const [domain, id] = String(entityId).split('.');
    if (domain !== component.platform) complaints.push('default_entity_id has another domain');
    if (!/^(?!.*__)[a-z0-9][a-z0-9_]*(?<!_)$/.test(id ?? '') || String(entityId).length > 255)
      complaints.push('default_entity_id is not valid');
  }
  complaints.push(...checkName(component, deviceName), ...checkClass(component, platform));
  if (component.icon !== undefined && !/^[a-z]+:[a-z0-9-]+$/.test(String(component.icon)))
    complaints.push('icon is not prefix:name');
  const category = component.entity_category;
  if (category !== undefined && !platform.categories.includes(String(category)))
    complaints.push(`entity_category ${String(category)} is refused`);
  if (component.platform === 'event' && (!Array.isArray(component.event_types) || component.event_types.length === 0)) {
    complaints.push('event_types is not a list');
  }
  complaints.push(...checkAvailability(component.availability, 'component'));
  for (const key of ['state_topic', 'command_topic', 'json_attributes_topic']) {
    if (component[key] !== undefined && (component[key] === '' || /[+#\0]/.test(String(component[key]))))
      complaints.push(`${key} is no topic`);
  }
  return complaints;
}

function checkName({ name, device_class: deviceClass }: Json, deviceName: unknown): string[] {
  if (name === undefined) return deviceClass === undefined ? ['has neither name nor device class'] : [];
  if (name !== null && typeof name !== 'string') return ['name is not a text'];
  if (typeof name !== 'string' || typeof deviceName !== 'string') return [];
  return name.toLowerCase().startsWith(deviceName.toLowerCase()) ? ['name repeats the device name'] : [];
}

function checkClass(component: Json, platform: Platform): string[] {
  const { device_class: deviceClass, state_class: stateClass, unit_of_measurement: unit } = component;
  const complaints: string[] = [];
  if (deviceClass !== undefined && !platform.deviceClasses.includes(String(deviceClass)))
    complaints.push(`device_class ${String(deviceClass)} is unknown`);
  if (stateClass !== undefined && !STATE_CLASSES.includes(String(stateClass)))
    complaints.push(`state_class ${String(stateClass)} is unknown`);
  if (deviceClass === 'timestamp' || deviceClass === 'enum' || deviceClass === 'date') {
    if (stateClass !== undefined || unit !== undefined)
      complaints.push(`${deviceClass} takes no unit and no state class`);
  }
  if (deviceClass === 'enum' && !Array.isArray(component.options)) complaints.push('enum needs options');
  if (deviceClass === 'data_rate' && stateClass !== undefined && stateClass !== 'measurement')
    complaints.push('data_rate is only measured');
  const units = UNITS[String(deviceClass)];
  if (units !== undefined && !units.includes(String(unit)))
    complaints.push(`unit ${String(unit)} is not one of ${String(deviceClass)}`);
  return complaints;
}

function checkAvailability(value: unknown, where: string): string[] {
  if (value === undefined) return [];
  const entries = Array.isArray(value) ? value : [value];
  return entries.some((entry) => typeof asObject(entry)?.topic !== 'string')
    ? [`${where}: availability has no topic`]
    : [];
}

/** A retained state as our templates read it: `keys` by what the entity makes of them. */
export interface StateRules {
  onOff: string[];
  timestamps: string[];
  numbers: string[];
  /** Keys read with `| tojson` as attributes. */
  attributes: string[];
}

/** What the entities of a discovery payload read from a topic: their device's state unless told. */
export function stateRules(discovery: string, topic = parseObject(discovery)?.state_topic): StateRules {
  const rules: StateRules = { onOff: [], timestamps: [], numbers: [], attributes: [] };
  for (const value of Object.values(asObject(parseObject(discovery)?.components) ?? {})) {
    const component = asObject(value) ?? {};
    const attribute = /value_json\.(\w+) \| tojson/.exec(String(component.json_attributes_template))?.[1];
    if (attribute !== undefined && component.json_attributes_topic === topic) rules.attributes.push(attribute);
    const key = /^\{\{ value_json\.(\w+) \}\}$/.exec(String(component.value_template))?.[1];
    if (key === undefined || (component.state_topic ?? parseObject(discovery)?.state_topic) !== topic) continue;
    if (component.platform === 'binary_sensor' || component.platform === 'switch') rules.onOff.push(key);
    else if (component.device_class === 'timestamp') rules.timestamps.push(key);
    else if (component.state_class !== undefined || component.unit_of_measurement !== undefined)
      rules.numbers.push(key);
  }
  return rules;
}

export function checkState(message: MqttMessage, rules: StateRules): string[] {
  const complaints: string[] = [];
  if (!message.retain) complaints.push('state is not retained: unknown after a restart');
  const state = parseObject(message.payload);
  if (state === null) return [...complaints, 'state is not a JSON object'];
  const present = (keys: string[]): [string, unknown][] =>
    keys
      .map((key) => {
        if (!(key in state)) complaints.push(`${key} is missing`);
        return [key, state[key] ?? null] as [string, unknown];
      })
      .filter(([, value]) => value !== null);
  for (const [key, value] of present(rules.onOff))
    if (value !== 'ON' && value !== 'OFF') complaints.push(`${key} is neither ON nor OFF`);
  for (const [key, value] of present(rules.timestamps))
    if (!ZONED_TIME.test(String(value))) complaints.push(`${key} is no time with a zone`);
  for (const [key, value] of present(rules.numbers)) {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      complaints.push(`${key} is no number from 0`);
  }
  for (const key of rules.attributes) {
    const attributes = asObject(state[key]);
    if (attributes === null) complaints.push(`${key} is not an object`);
    for (const name of RESERVED_ATTRIBUTES)
      if (attributes !== null && name in attributes) complaints.push(`${key}.${name} would be filtered out`);
  }
  for (const [key, value] of Object.entries(state)) {
    if (typeof value === 'string' && value.length > 255) complaints.push(`${key} is longer than 255 characters`);
  }
  return [...complaints, ...timesWithoutZone(state, '')];
}

export function checkEvent(message: MqttMessage, eventTypes: readonly string[]): string[] {
  const complaints: string[] = [];
  if (message.retain) complaints.push('event is retained: ignored when replayed');
  if (message.qos !== undefined && message.qos !== 1) complaints.push('event is not QoS 1');
  const event = parseObject(message.payload);
  if (event === null) return [...complaints, 'no valid JSON event payload'];
  if (event.event_type === undefined) complaints.push('event_type missing in JSON event payload');
  else if (!eventTypes.includes(String(event.event_type)))
    complaints.push(`invalid event type ${String(event.event_type)}`);
  return [...complaints, ...timesWithoutZone(event, '')];
}

/** Across all discovery payloads of one broker: ids are unique, and a parent comes before its children. */
export function checkHouse(discoveries: readonly string[]): string[] {
  const complaints: string[] = [];
  const ids = new Set<unknown>();
  const known = new Set<unknown>();
  for (const text of discoveries) {
    const root = parseObject(text);
    const device = asObject(root?.device);
    if (device?.via_device !== undefined && !known.has(device.via_device))
      complaints.push('via_device is not known yet');
    for (const identifier of [device?.identifiers ?? []].flat()) known.add(identifier);
    for (const component of Object.values(asObject(root?.components) ?? {})) {
      const id = asObject(component)?.unique_id;
      if (ids.has(id)) complaints.push(`unique_id ${String(id)} used twice`);
      ids.add(id);
    }
  }
  return complaints;
}

function timesWithoutZone(value: unknown, path: string): string[] {
  if (typeof value === 'string') return TIME_WITHOUT_ZONE.test(value) ? [`${path} is a time without a zone`] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => timesWithoutZone(item, path === '' ? key : `${path}.${key}`));
}

function extraKeys(object: Json, allowed: ReadonlySet<string>, where: string): string[] {
  return Object.keys(object)
    .filter((key) => !allowed.has(key))
    .map((key) => `extra keys not allowed @ ${where}['${key}']`);
}

function parseObject(text: string): Json | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Json | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : null;
}
