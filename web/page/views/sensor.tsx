// How well the sensor itself is doing, who may read this page, the log, and the support bundle.
import type { ComponentChildren } from 'preact';
import type { NotifyHealth } from '../../../sensor/record/health.ts';
import type { HealthAnswer } from '../../shapes.ts';
import { bytes, figure, percent, shortTime } from '../format.ts';
import { useLive } from '../live-state.ts';
import { Card, Facts, Pending, Title, When } from '../parts/basics.tsx';
import { CoverageCard } from '../parts/coverage.tsx';
import { LateFleetView } from '../parts/late-fleet.tsx';
import { useNow } from '../parts/now.ts';
import { TellPhone } from '../parts/tell-phone.tsx';
import { TestAlert } from '../parts/test-alert.tsx';
import { EarlierWeeks } from '../parts/week.tsx';
import { useResource } from '../resource.ts';
import { words } from '../words.ts';
import { Browsers } from './browsers.tsx';
import { LanguageChoice } from './language-choice.tsx';

/** Below this, clocks of phones and sensors differ anyway. */
const CLOCK_TOLERANCE_MS = 60_000;

export function SensorView() {
  const { health: heard } = useLive();
  const asked = useResource<HealthAnswer>('api/health', []);
  const log = useResource<{ lines: string[] }>('api/log', []);
  const health = heard ?? asked.data;
  const fleet = health?.fleet ?? null;
  return (
    <>
      <Title>{words.sensor.title}</Title>
      {!health && <Pending resource={asked} lines={6} />}
      {health && <Capture health={health} />}
      {health && <CoverageCard coverage={health.coverage} />}
      <EarlierWeeks />
      {health && <Keeping health={health} />}
      {health?.notify.some(({ kind }) => kind === 'webpush') && <TellPhone />}
      {fleet && <LateFleetView show={({ FleetCard }) => <FleetCard fleet={fleet} />} />}
      <Browsers />
      <LanguageChoice />
      <Card title={words.sensor.log}>
        <Pending resource={log} />
        {log.data &&
          (log.data.lines.length > 0 ? (
            <textarea
              class="log"
              readOnly
              rows={14}
              aria-label={words.sensor.log}
              value={log.data.lines.toReversed().join('\n')}
            />
          ) : (
            <p class="muted">{words.sensor.noLog}</p>
          ))}
        <a class="button" href="api/support-bundle" download="thingwatch-support.json">
          {words.sensor.bundle}
        </a>
        <p class="muted">{words.sensor.bundleHint}</p>
      </Card>
    </>
  );
}

function Capture({ health }: { health: HealthAnswer }) {
  const now = useNow();
  const text = words.sensor;
  const spots = health.blindSpots.filter((spot) => spot !== health.notCovered.sentence);
  const drops = health.interfaceDrops;
  const decode = Object.entries(health.decode).filter(([, count]) => count > 0);
  return (
    <Card title={text.capture}>
      {health.captureError && <p class="notice">{health.captureError}</p>}
      {health.sight.fix !== null && (
        <p class="notice">
          {health.sight.sentence} {words.sentence.toChange(health.sight.fix)}
        </p>
      )}
      {health.warnings.map(({ fix, key, text: warning }) => (
        <div key={key} class="notice">
          <p>{warning}</p>
          <p class="wrap">{`${text.mend} ${fix}`}</p>
        </div>
      ))}
      <Facts
        rows={[
          [text.capture, `${text.captureState[health.capture]} (${text.mode[health.mode]})`],
          [text.interface, health.interface],
          [text.vantage, `${health.sight.place}${health.sight.confidence === 'unsure' ? ` (${text.unsure})` : ''}`],
          [text.judgedBy, health.sight.reasons.join('; ')],
          [text.frames, `${figure(health.frames)} · ${text.perSecond(health.framesPerSecond)}`],
          [
            text.lastFrame,
            health.lastFrameAt === null ? words.state.never : <When key="frame" time={health.lastFrameAt} now={now} />,
          ],
          [text.loss, lossText(health)],
          [text.portDropped, drops === null ? '' : text.portDroppedOf(drops.dropped, drops.received, drops.minutes)],
          [text.copies, copiesText(health)],
          [text.restarts, health.captureRestarts > 0 ? figure(health.captureRestarts) : ''],
          [text.decode, decode.map(([reason, count]) => `${reason}: ${figure(count)}`).join(', ')],
        ]}
      />
      {health.mode === 'live' && (
        <a class="button" href="#/guide">
          {words.guide.open}
        </a>
      )}
      <NotCovered health={health} />
      {spots.length > 0 && (
        <>
          <h3>{text.blindSpots}</h3>
          <ul class="bullets">
            {spots.map((spot) => (
              <li key={spot}>{spot}</li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

/** By name, each a way to its own page. */
function NotCovered({ health: { notCovered } }: { health: HealthAnswer }) {
  const text = words.sensor;
  const more = notCovered.count - notCovered.devices.length;
  if (notCovered.count === 0) return null;
  return (
    <>
      <h3>{text.notCoveredTitle}</h3>
      <p class="muted">{text.notCovered(notCovered.count)}</p>
      <ul class="bullets">
        {notCovered.devices.map(({ mac, name }) => (
          <li key={mac}>
            <a class="device-link" href={`#/devices/${mac}`}>
              {name}
            </a>
          </li>
        ))}
        {more > 0 && <li>{text.moreNotCovered(more)}</li>}
      </ul>
    </>
  );
}

function lossText({ loss, lossPercent }: HealthAnswer): string {
  const text = words.sensor;
  if (lossPercent !== null) return `${percent(lossPercent)} %`;
  return loss.isCertain ? text.lossBetween(loss.low, loss.high) : text.lossUnknown;
}

/** Kinds of copies that there are, most of them first. */
function copiesText({ duplicates }: HealthAnswer): string {
  const kinds = (['identical', 'vlan', 'routed', 'hairpin'] as const).filter((kind) => duplicates[kind] > 0);
  return kinds
    .sort((a, b) => duplicates[b] - duplicates[a])
    .map((kind) => `${words.sensor.copyKinds[kind]}: ${figure(duplicates[kind])}`)
    .join(', ');
}

function Keeping({ health }: { health: HealthAnswer }) {
  const now = useNow();
  const { clockOffset } = useLive();
  const text = words.sensor;
  const { broker, database, web } = health;
  const { refused } = database;
  const unstored = refused && text.notStored(refused.incidents, refused.alerts, refused.lost);
  const counts = broker
    ? [
        broker.waiting > 0 ? text.waiting(broker.waiting) : null,
        broker.dropped > 0 ? text.dropped(broker.dropped) : null,
      ]
    : [];
  const brokerState = broker
    ? [
        broker.connected ? text.brokerConnected : text.brokerAway,
        broker.embedded ? text.brokerEmbedded : null,
        ...counts,
        broker.url,
        broker.error,
      ]
    : [text.brokerNone];
  return (
    <Card title={text.title}>
      <Facts
        rows={[
          [
            text.broker,
            <span key="broker" class="wrap">
              {brokerState.filter(Boolean).join(' · ')}
            </span>,
          ],
          ...health.notify.map((target): [string, ComponentChildren] => [
            text.alertsTo(target.name),
            <Target key={target.name} target={target} now={now} />,
          ]),
          [
            text.database,
            <span key="database" class="wrap">
              {[bytes(database.bytes), database.path, database.error, unstored].filter(Boolean).join(' · ')}
            </span>,
          ],
          [
            text.clock,
            [
              health.clock?.isCertain === false && text.clockUncertain,
              Math.abs(clockOffset) < CLOCK_TOLERANCE_MS ? text.clockGood : text.clockOff(clockOffset),
            ]
              .filter(Boolean)
              .join(', '),
          ],
          [text.running, shortTime(health.startedAt, now)],
          [text.version, health.version],
          [
            text.page,
            `${text.openPages(web.openPages)} · ${text.refused(web.wrongTokens, web.refusedHosts, web.refusedOrigins)}`,
          ],
        ]}
      />
      <TestAlert />
    </Card>
  );
}

/** One that is told of alerts beside the broker. */
function Target({ now, target }: { now: number; target: NotifyHealth }) {
  const text = words.sensor;
  const { dropped, error, heldUntil, lastTakenAt, waiting } = target;
  const last = lastTakenAt === null ? text.targetIdle : text.targetTook(shortTime(lastTakenAt, now));
  const state = [
    target.queues === undefined
      ? text.targetAt(text.targetKinds[target.kind], target.host)
      : text.phones(target.queues.length),
    error ?? last,
    waiting > 0 ? text.waiting(waiting) : null,
    heldUntil === null ? null : text.heldUntil(heldUntil),
    dropped > 0 ? text.dropped(dropped) : null,
  ];
  return <span class="wrap">{state.filter(Boolean).join(' · ')}</span>;
}
