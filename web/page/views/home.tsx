// Home: one sentence from measured state, what needs a look, and the whole home's activity.
import type { ActivityHour } from '../../../sensor/attribute/activity.ts';
import type { ReportIncident } from '../../../sensor/record/report.ts';
import type { DeviceSummary } from '../../shapes.ts';
import { leads, useGuide } from '../guide-state.ts';
import { useLive } from '../live-state.ts';
import { Card, Empty, Pending } from '../parts/basics.tsx';
import { ActivityCharts } from '../parts/charts.tsx';
import { Icon, type IconName } from '../parts/icons.tsx';
import { LateView } from '../parts/late-views.tsx';
import { IncidentLine } from '../parts/lists.tsx';
import { useNow } from '../parts/now.ts';
import { LastWeek } from '../parts/week.tsx';
import { type Resource, useResource } from '../resource.ts';
import { blindReasons, homeSentence, type Sentence, type Tone } from '../sentence.ts';
import { type IncidentPage, UNRESOLVED } from '../unresolved.ts';
import { words } from '../words.ts';

const TONE_ICON: Record<Tone, IconName> = {
  alert: 'alert',
  notice: 'alert',
  blind: 'blind',
  quiet: 'calm',
  unknown: 'unknown',
};

export function HomeView() {
  const live = useLive();
  const now = useNow();
  const incidents = useResource<IncidentPage>(UNRESOLVED, ['incidents']);
  const devices = useResource<{ devices: DeviceSummary[] }>('api/devices?view=summary', ['devices'], 15_000);
  const activity = useResource<{ activity: ActivityHour[] }>('api/activity', ['devices'], 60_000);
  const guide = useGuide();
  const unresolved = incidents.data?.incidents ?? [];
  const hero = <Hero incidents={incidents} devices={devices} activity={activity} now={now} />;
  const lines = (shown: ReportIncident[]) => (
    <IncidentLines incidents={shown} devices={devices.data?.devices ?? []} now={now} />
  );
  const title = (
    <h1 class="hidden" tabIndex={-1}>
      {words.home.title}
    </h1>
  );
  const { health } = live;
  if (health && leads(health, guide)) {
    // What the guide is about stands below it; what else happens goes before it.
    const told = unresolved.filter(({ kind }) => kind === 'sensor_blind');
    const others = unresolved.filter(({ kind }) => kind !== 'sensor_blind');
    return (
      <>
        {title}
        {(others.length > 0 || incidents.error !== null) && hero}
        {lines(others)}
        <LateView show={({ Guide }) => <Guide health={health} />}>
          <HeroWaiting />
        </LateView>
        {lines(told)}
      </>
    );
  }
  return (
    <>
      {title}
      {hero}
      {lines(unresolved)}
      <Card title={words.home.activity}>
        <Pending resource={activity} />
        {activity.data && <ActivityCharts activity={activity.data.activity} now={live.health ? now : Date.now()} />}
      </Card>
      <LastWeek isDue={Boolean(incidents.data && devices.data && activity.data)} />
    </>
  );
}

interface LinesProps {
  incidents: ReportIncident[];
  devices: DeviceSummary[];
  now: number;
}

function IncidentLines({ incidents, devices, now }: LinesProps) {
  if (incidents.length === 0) return null;
  return (
    <Card title={words.home.open}>
      <ul class="lines">
        {incidents.slice(0, 8).map((incident) => (
          <IncidentLine
            key={incident.id}
            incident={incident}
            device={devices.find(({ mac }) => mac === incident.device)}
            now={now}
          />
        ))}
      </ul>
      {incidents.length > 8 && (
        <a class="button" href="#/incidents">
          {words.home.allIncidents}
        </a>
      )}
    </Card>
  );
}

interface HeroProps {
  incidents: Resource<IncidentPage>;
  devices: Resource<{ devices: DeviceSummary[] }>;
  activity: Resource<{ activity: ActivityHour[] }>;
  now: number;
}

/** Nothing is said before everything it rests on has been read. */
function Hero({ incidents, devices, activity, now }: HeroProps) {
  const { health, link } = useLive();
  const failed = [incidents, devices, activity].find(({ error }) => error !== null);
  if (link !== 'lost' && failed)
    return (
      <Card>
        <Pending resource={failed} />
      </Card>
    );
  if (link === 'connecting' || (link === 'live' && !(health && incidents.data && devices.data && activity.data)))
    return <HeroWaiting />;
  const sentence = homeSentence({
    health,
    incidents: incidents.data?.incidents ?? [],
    incomplete: Boolean(incidents.data?.next),
    devices: devices.data?.devices ?? [],
    activity: activity.data?.activity ?? [],
    connected: link === 'live',
    now,
  });
  return <HeroCard sentence={sentence} />;
}

function HeroCard({ sentence }: { sentence: Sentence }) {
  const inner = (
    <>
      <span class="hero-icon">
        <Icon name={TONE_ICON[sentence.tone]} />
      </span>
      <span class="hero-words">
        <span class="hero-tone">{words.tone[sentence.tone]}</span>
        <span class="hero-headline">{sentence.headline}</span>
      </span>
    </>
  );
  return (
    <section class={`hero tone-${sentence.tone}`} aria-live="polite">
      {sentence.link ? (
        <a class="hero-main" href={`#${sentence.link}`}>
          {inner}
          <Icon name="next" />
        </a>
      ) : (
        <p class="hero-main">{inner}</p>
      )}
      {sentence.details.length > 0 && (
        <ul class="hero-details">
          {sentence.details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Before anything is known, nothing is claimed. */
export function HeroWaiting() {
  return (
    <section class="hero tone-unknown" aria-busy="true">
      <p class="hero-main">
        <span class="hero-icon">
          <Icon name="sensor" />
        </span>
        <span class="hero-words">
          <span class="hero-headline">{words.state.loading}</span>
        </span>
      </p>
    </section>
  );
}

/** For other views: the same empty state. */
export function NothingOpen() {
  const { health } = useLive();
  const now = useNow();
  const blind = health === null || blindReasons(health, now).length > 0;
  const hint = blind ? words.incidents.blindHint : words.incidents.noneHint;
  return <Empty title={words.incidents.noneOpen} hint={hint} icon={blind ? 'blind' : 'calm'} />;
}
