// The publisher's view of the spine. Belongs to main.ts: the only other files that know both record and publish.
import type { Device } from '../attribute/device.ts';
import type { Mac } from '../decode/packet.ts';
import { english, type Words } from '../language/words.ts';
import type { DeviceView, PublishSource } from '../publish/ports.ts';
import { deviceView } from '../publish/views.ts';
import type { Health } from '../record/health.ts';
import type { Incident } from '../record/incident.ts';
import type { WeekSummary } from '../record/week-summary.ts';
import { weekSentences } from '../record/wording-week.ts';
import type { Spine } from '../spine.ts';

export interface PublishFacts {
  health(): Health;
  sensorMac: Mac | null;
  pageUrl(): string | null;
  /** Oldest first. */
  weeks(): readonly WeekSummary[];
  /** What was not watched of so many ms before the present does not count as quiet. */
  holdMs: number;
}

export function publishSource(spine: Spine, facts: PublishFacts): PublishSource {
  const { engine, recorder } = spine;
  return {
    devices: () => engine.devices.all().map((device) => viewOf(spine, device)),
    device: (mac) => {
      const device = engine.devices.get(mac);
      return device === undefined ? null : viewOf(spine, device);
    },
    *incidents() {
      for (const incident of recorder.incidents.values())
        if (incident.device !== null && engine.devices.get(incident.device) !== undefined) yield incident;
    },
    sensor: () => ({
      health: facts.health(),
      mac: facts.sensorMac,
      pageUrl: facts.pageUrl(),
      blind: isBlind(recorder.incidents.ofKind('sensor_blind')),
    }),
    week: () => {
      const summary = facts.weeks().at(-1);
      return summary === undefined ? null : { summary, sentences: weekWords(spine.words, spine, summary) };
    },
    now: () => spine.time.livedSince(engine.now, facts.holdMs) + facts.holdMs,
  };
}

/** What is said of a week, by the names that devices have now. */
export function weekWords(words: Words, { engine, knowledge }: Spine, week: WeekSummary): string[] {
  return weekSentences(words, week, (mac) => {
    const device = engine.devices.get(mac);
    return device === undefined ? null : knowledge.displayName(device, engine.devices, words);
  });
}

function isBlind(incidents: Iterable<Incident>): boolean {
  for (const { state } of incidents) if (state === 'open') return true;
  return false;
}

export function viewOf({ engine, knowledge, recorder, words }: Spine, device: Device): DeviceView {
  const chain = engine.devices.sameThing(device);
  return deviceView(device, {
    name: knowledge.displayName(device, engine.devices, words),
    idName: knowledge.displayName(device, engine.devices, english),
    established: engine.devices.isKnown(device),
    incidents: recorder.incidents.ofDevice(device.mac),
    allowMail: recorder.expectations.ofDevice(chain.map(({ mac }) => mac)).some(({ covers }) => covers === 'mail'),
    now: engine.now,
  });
}
