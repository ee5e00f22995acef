// The automation blueprint by the rules of blueprints: its inputs, selectors, trigger and actions.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { EVENT_TYPES } from '../../sensor/publish/alerts.ts';

const FILE = new URL('../../sensor/deploy/blueprints/automation/thingwatch-alert.yaml', import.meta.url);
const SELECTORS = [
  'action',
  'area',
  'boolean',
  'condition',
  'device',
  'duration',
  'entity',
  'icon',
  'number',
  'object',
  'select',
  'target',
  'template',
  'text',
  'time',
  'trigger',
];

class Input {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

interface Step {
  action?: string;
  domain?: string;
  type?: string;
  device_id?: unknown;
  [key: string]: unknown;
}

interface Blueprint {
  blueprint: {
    name: string;
    description: string;
    domain: string;
    homeassistant: { min_version: string };
    input: Record<string, { name: string; selector: Record<string, unknown>; default?: unknown }>;
  };
  triggers: { trigger: string; entity_id: unknown; to?: unknown; attribute?: unknown }[];
  conditions: unknown[];
  actions: Step[];
  variables: Record<string, unknown>;
  mode: string;
}

let blueprint: Blueprint;
let text: string;

function walk(value: unknown, visit: (value: unknown) => void): void {
  visit(value);
  if (value !== null && typeof value === 'object' && !(value instanceof Input))
    for (const item of Object.values(value)) walk(item, visit);
}

function steps(): Step[] {
  const found: Step[] = [];
  walk(blueprint.actions, (value) => {
    const step = value as Step | null;
    if (typeof step !== 'object' || step === null) return;
    // The answers of a notification are called actions as well; only calls have a dot in their name.
    if (step.type === 'notify' || /^\w+\.\w+$/.test(step.action ?? '')) found.push(step);
  });
  return found;
}

beforeAll(() => {
  text = readFileSync(FILE, 'utf8');
  const document = parseDocument(text, {
    strict: true,
    uniqueKeys: true,
    customTags: [{ tag: '!input', resolve: (name: string) => new Input(name) }],
  });
  expect(document.errors).toEqual([]);
  expect(document.warnings).toEqual([]);
  blueprint = document.toJS();
});

it('is an automation blueprint for the oldest release we serve', () => {
  expect(blueprint.blueprint).toMatchObject({
    domain: 'automation',
    name: 'Thingwatch alert',
    homeassistant: { min_version: '2024.11.0' },
  });
  expect(blueprint.blueprint.description).not.toBe('');
});

describe('inputs', () => {
  it('are described, with one known selector each', () => {
    for (const [key, input] of Object.entries(blueprint.blueprint.input)) {
      expect(input.name, key).toBeTypeOf('string');
      expect(Object.keys(input.selector), key).toHaveLength(1);
      expect(SELECTORS, key).toContain(Object.keys(input.selector)[0]);
    }
  });

  it('are all used, and nothing else is', () => {
    const used = new Set<string>();
    const { blueprint: _, ...automation } = blueprint;
    walk(automation, (value) => {
      if (value instanceof Input) used.add(value.name);
    });
    expect([...used].sort()).toEqual(Object.keys(blueprint.blueprint.input).sort());
  });

  it('need only the alert and the phone; the rest has a default of its selector’s kind', () => {
    const required = Object.entries(blueprint.blueprint.input).filter(([, input]) => input.default === undefined);
    expect(required.map(([key]) => key)).toEqual(['alert_entity', 'phone']);
    expect(blueprint.blueprint.input.plugs?.default).toEqual([]);
    expect(blueprint.blueprint.input.wait_minutes?.default).toBeTypeOf('number');
  });

  it('let the user choose an event entity of MQTT and a device with the app', () => {
    expect(blueprint.blueprint.input.alert_entity?.selector).toEqual({
      entity: { filter: [{ integration: 'mqtt', domain: 'event' }] },
    });
    expect(blueprint.blueprint.input.phone?.selector).toEqual({ device: { filter: [{ integration: 'mobile_app' }] } });
  });
});

it('is triggered by the state of the event entity, which is a time, and not by coming back from unavailable', () => {
  expect(blueprint.triggers).toEqual([
    {
      trigger: 'state',
      entity_id: new Input('alert_entity'),
      not_from: ['unavailable'],
      not_to: ['unavailable', 'unknown'],
    },
  ]);
});

describe('actions', () => {
  it('notify the phone, wait for an answer, give orders over MQTT, and may switch a plug off', () => {
    const kinds = steps().map((step) => step.action ?? `${step.domain}.${step.type}`);
    expect(kinds).toEqual(['switch.turn_off', 'mobile_app.notify', ...Array(3).fill('mqtt.publish')]);
  });

  it('offer two answers, and wait for exactly these', () => {
    const notify = steps().find((step) => step.type === 'notify') as Step & {
      data: { actions: { action: string; title: string }[] };
    };
    expect(notify.data.actions.map(({ title }) => title)).toEqual(['Acknowledge', 'This is expected']);
    const wait = blueprint.actions.find((step) => 'wait_for_trigger' in step) as Step & {
      wait_for_trigger: { event_data: { action: string } }[];
    };
    expect(wait.wait_for_trigger.map(({ event_data }) => event_data.action)).toEqual(
      notify.data.actions.map(({ action }) => action),
    );
  });

  it('tell the phone of a test and wait for no answer to it, which would be one to real incidents', () => {
    const at = (found: (step: Step) => boolean) => blueprint.actions.findIndex(found);
    const [told, end] = [at(({ type }) => type === 'notify'), at(({ condition }) => condition === 'template')];
    expect(blueprint.actions[end]?.value_template).toContain("!= 'test'");
    expect([told, at((step) => 'wait_for_trigger' in step)]).toEqual([end - 1, end + 1]);
  });

  it('publish what the sensor takes for orders, never retained', () => {
    const published = steps().filter((step) => step.action === 'mqtt.publish') as (Step & {
      data: Record<string, unknown>;
    })[];
    expect(published.map(({ data }) => [data.topic, data.payload, data.retain])).toEqual([
      ['{{ sensor_topic }}/devices/{{ mac12 }}/allow_mail/set', 'ON', false],
      ['{{ sensor_topic }}/devices/{{ mac12 }}/acknowledge', 'PRESS', false],
      ['{{ sensor_topic }}/acknowledge', 'PRESS', false],
    ]);
  });

  it('put text before names, so that a name cannot turn a title into a list', () => {
    const notify = steps().find((step) => step.type === 'notify');
    expect(notify?.title).toMatch(/^Thingwatch: \{\{/);
    expect(notify?.message).toMatch(/timestamp_custom\('.*'\) \}\}:/);
  });
});

it('has balanced templates', () => {
  walk(blueprint, (value) => {
    if (typeof value === 'string') expect(value.split('{{').length, value).toBe(value.split('}}').length);
  });
});

it('leaves out only event types that exist', () => {
  const named = [...text.matchAll(/event_type'\) != '(\w+)'/g)].map((match) => match[1]);
  expect(named).toEqual(['resolved', 'test']);
  for (const type of named) expect(EVENT_TYPES).toContain(type);
});
