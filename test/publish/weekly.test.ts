// Coverage and the weekly summary on the broker: retained, by Home Assistant's rules, and with the names of others cleaned.

import { describe, expect, it } from 'vitest';
import { english } from '../../sensor/language/words.ts';
import { sensorDiscovery } from '../../sensor/publish/discovery.ts';
import { sensorState, weekMessage } from '../../sensor/publish/payloads.ts';
import { weekSentences } from '../../sensor/record/wording-week.ts';
import { checkDiscovery, checkState, stateRules } from '../support/ha-checker.ts';
import { TOPICS } from '../support/publisher-lab.ts';
import { overEachBroker } from '../support/publisher-stage.ts';
import { sampleCoverage, sampleWeek } from '../support/sample-weeks.ts';
import { SmallHome, someHealth } from '../support/small-home.ts';
import { until } from '../support/transcript.ts';

const NOW = Date.UTC(2026, 10, 30, 9);
const context = { topics: TOPICS, version: '0.1.0', words: english, linkByMac: true };

function view(name: string | null, now = NOW) {
  const summary = sampleWeek(now);
  return { summary, sentences: weekSentences(english, summary, () => name) };
}

function stateOf(coverage = sampleCoverage(NOW) as ReturnType<typeof sampleCoverage> | null) {
  const sensor = { ...new SmallHome(TOPICS).sensor(), health: someHealth({ coverage }) };
  return sensorState({ words: english, view: sensor, devicesSendingMail: 0, alertsDropped: 0, settling: false })
    .payload;
}

describe('to Home Assistant', () => {
  it('both are entities of the sensor, and their states keep its rules', () => {
    const discovery = sensorDiscovery(context, new SmallHome(TOPICS).sensor());
    expect(checkDiscovery({ topic: TOPICS.sensorConfig, payload: discovery, retain: true })).toEqual([]);
    const { coverage, weekly_summary: weekly } = JSON.parse(discovery).components;
    expect(coverage).toMatchObject({ unit_of_measurement: '%', state_class: 'measurement', name: 'Coverage' });
    expect(weekly).toMatchObject({ device_class: 'timestamp', state_topic: TOPICS.weekly });
    const state = { topic: TOPICS.state, payload: stateOf(), retain: true };
    expect(checkState(state, stateRules(discovery))).toEqual([]);
    const { payload } = weekMessage(view('Camera'));
    const rules = stateRules(discovery, TOPICS.weekly);
    expect(rules.timestamps).toEqual(['made']);
    expect(checkState({ topic: TOPICS.weekly, payload, retain: true }, rules)).toEqual([]);
    // All of it becomes attributes: none of these would come through.
    for (const taken of ['state', 'name', 'icon', 'available', 'device_class', 'unit_of_measurement'])
      expect(JSON.parse(payload)).not.toHaveProperty(taken);
  });

  it('coverage is the last seven days in a number, and thirty days of whole percents beside it', () => {
    const state = JSON.parse(stateOf());
    const known = sampleCoverage(NOW);
    expect(state.coverage_week).toBe(known.week.percent);
    expect(state.coverage.days).toHaveLength(30);
    expect(state.coverage.days[0]).toEqual({ day: known.days[0]?.day, percent: null, gap_minutes: {} });
    const lacking = known.days.findIndex(({ gaps }) => gaps.mirror !== undefined);
    expect(state.coverage.days[lacking]).toEqual({
      day: known.days[lacking]?.day,
      percent: Math.floor(known.days[lacking]?.percent ?? 0),
      gap_minutes: known.days[lacking]?.gaps,
    });
    expect(JSON.parse(stateOf(null))).toMatchObject({ coverage_week: null, coverage: { days: [] } });
  });

  it('a name that means harm stays one line of text', () => {
    const { payload } = weekMessage(view('Cam\u202e\nera\u0000 {{ states() }}'));
    const text = JSON.parse(payload).sentences.join(' ');
    expect(text).toContain('(Cam era {{ states() }}).');
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(weekMessage(view('x'.repeat(10_000))).payload.length).toBeLessThan(5000);
  });
});

describe('a week that is summed up', () => {
  overEachBroker((stage) => {
    it('is told at once, retained, and said again after a start; before the first there is none', async () => {
      await stage.started();
      expect(stage.transcript.last(TOPICS.weekly)).toBeUndefined();
      const { home } = stage.lab;
      home.summed = view('Hallway camera');
      home.events.emit('week', home.summed.summary);
      await until(() => stage.transcript.last(TOPICS.weekly) !== undefined);
      const told = JSON.parse(stage.transcript.last(TOPICS.weekly)?.payload ?? '{}');
      expect(told).toMatchObject({
        week_from: new Date(home.summed.summary.from).toISOString(),
        coverage_percent: home.summed.summary.percent,
        gap_minutes: home.summed.summary.gaps,
        ...{ devices_seen: 14, devices_new: 2, mail_expected: 12, mail_unexpected: 3 },
        ...{ updates_fetched: 1, updates_overdue: 1, devices_exposed: 0, ports_opened: 0 },
      });
      expect(told.sentences[1]).toBe('15 attempts to send mail were seen: 12 expected, 3 not (Hallway camera).');
      const count = () => stage.transcript.messages.filter(({ topic }) => topic === TOPICS.weekly).length;
      const before = count();
      stage.lab.timers.advance(120_000);
      await stage.allHeard();
      expect(count()).toBe(before);
      home.summed = view('Porch camera');
      stage.lab.timers.advance(60_000);
      await until(() => stage.transcript.last(TOPICS.weekly)?.payload.includes('Porch camera') === true);
    });
  });
});
