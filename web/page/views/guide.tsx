// The first-run guide: what the sensor sees now, what to change on the switch or router that was chosen, and what comes after. It
// moves on by itself with what the sensor hears.
import '../style/guide.css';
import { useEffect } from 'preact/hooks';
import type { DeviceSummary, HealthAnswer, MirrorProblem, MirrorSummary, MirrorView } from '../../shapes.ts';
import { changeGuide, OTHER, problemOf, STAGES, type Stage, seesHome, useGuide } from '../guide-state.ts';
import { useLive } from '../live-state.ts';
import { Card, Pending, Title } from '../parts/basics.tsx';
import { Icon, type IconName } from '../parts/icons.tsx';
import { TestAlert } from '../parts/test-alert.tsx';
import { useResource } from '../resource.ts';
import { go } from '../router.ts';
import { words } from '../words.ts';

const NAMED_HERE = 8;
const KINDS: readonly MirrorSummary['kind'][] = ['switch', 'router', 'firewall'];

/** On a page of its own, for those who come back to it. */
export function GuideView() {
  const { health } = useLive();
  useEffect(() => changeGuide({ left: false }), []);
  return (
    <>
      <Title back={{ path: '/sensor', label: words.nav.sensor }}>{words.guide.title}</Title>
      {health && <Guide health={health} />}
    </>
  );
}

/** `health` is the newest that was heard. */
export function Guide({ health }: { health: HealthAnswer }) {
  const { begun, stage } = useGuide();
  const sees = seesHome(health);
  const isCertain = !sees && health.sight.confidence !== 'unsure';
  useEffect(() => {
    if (isCertain && !begun) changeGuide({ begun: true, stage: 'name' });
  }, [isCertain, begun]);
  const View = sees ? STAGE_VIEWS[stage] : MirrorStage;
  return (
    <Card>
      <Progress current={sees ? stage : 'see'} />
      <Sight health={health} />
      <View health={health} />
      <Onward next={sees ? STAGES[STAGES.indexOf(stage) + 1] : undefined} isLast={sees && stage === STAGES.at(-1)} />
    </Card>
  );
}

/** To the next stage, or out. */
function Onward({ next, isLast }: { next: Stage | undefined; isLast: boolean }) {
  function leave(): void {
    changeGuide({ left: true, begun: false, stage: 'name' });
    go('/');
  }
  return (
    <div class="buttons">
      {next && (
        <button type="button" class="primary" onClick={() => changeGuide({ stage: next })}>
          {words.guide.next}
        </button>
      )}
      <button type="button" class={isLast ? 'primary' : 'guide-leave'} onClick={leave}>
        {isLast ? words.guide.finish : words.guide.leave}
      </button>
    </div>
  );
}

const STAGE_VIEWS: Record<Stage, () => preact.JSX.Element> = {
  name: NameStage,
  test: TestStage,
  done: DoneStage,
};

/** How far it is: done, here, or to come, told by words as well as by colour. */
function Progress({ current }: { current: 'see' | Stage }) {
  const all = ['see', ...STAGES] as const;
  const at = all.indexOf(current);
  return (
    <ol class="guide-progress" aria-label={words.guide.progress}>
      {all.map((stage, index) => (
        <li key={stage} class={index < at ? 'done' : ''} aria-current={index === at ? 'step' : undefined}>
          {words.guide.stages[stage]}
          {index < at && <span class="hidden"> {words.guide.stageDone}</span>}
        </li>
      ))}
    </ol>
  );
}

function Sight({ health }: { health: HealthAnswer }) {
  const { captureError, sight, vantage } = health;
  const sees = seesHome(health);
  const isUnsure = sight.confidence === 'unsure';
  const tone = sees ? 'quiet' : isUnsure ? 'unknown' : 'blind';
  const icon: IconName = sees ? 'calm' : isUnsure ? 'sensor' : 'blind';
  return (
    <div class={`sight tone-${tone}`} role="status">
      <span class="hero-icon">
        <Icon name={icon} />
      </span>
      <div class="hero-words">
        <span class="sight-now">
          {words.guide.now} {words.guide.sees[vantage]}
        </span>
        <p class="sight-sentence">{sight.sentence}</p>
        {captureError !== null && <p>{captureError}</p>}
        {!sees && <p>{isUnsure ? words.guide.giveTraffic : words.guide.byItself}</p>}
      </div>
    </div>
  );
}

function MirrorStage({ health }: { health: HealthAnswer }) {
  const { mirror } = useGuide();
  const list = useResource<{ mirrors: MirrorSummary[] }>('api/mirrors', []);
  const mirrors = list.data?.mirrors ?? [];
  const problem = problemOf(health);
  const chosen = mirrors.some(({ slug }) => slug === mirror) || mirror === OTHER ? mirror : null;
  return (
    <>
      <h2>{problem === null ? words.guide.what : words.guide.problem[problem]}</h2>
      <Pending resource={list} lines={1} />
      {list.data && (
        <label class="field">
          {words.guide.choose}
          <select value={chosen ?? ''} onChange={(event) => changeGuide({ mirror: event.currentTarget.value || null })}>
            <option value="">{words.guide.chooseOne}</option>
            {KINDS.map((kind) => (
              <optgroup key={kind} label={words.guide.kinds[kind]}>
                {mirrors
                  .filter((one) => one.kind === kind)
                  .map(({ name, slug }) => (
                    <option key={slug} value={slug}>
                      {name}
                    </option>
                  ))}
              </optgroup>
            ))}
            <option value={OTHER}>{words.guide.other}</option>
          </select>
        </label>
      )}
      {chosen === null || chosen === OTHER ? (
        <AnyMirror health={health} isOther={chosen === OTHER} />
      ) : (
        <MirrorSteps key={chosen} slug={chosen} problem={problem} />
      )}
    </>
  );
}

/** What holds for every switch, in the sensor's own words. */
function AnyMirror({ health: { sight }, isOther }: { health: HealthAnswer; isOther: boolean }) {
  return (
    <>
      {sight.fix !== null && <p>{sight.fix}</p>}
      {isOther && (
        <ul class="bullets">
          {words.guide.otherHints.map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function MirrorSteps({ slug, problem }: { slug: string; problem: MirrorProblem | null }) {
  const guide = useResource<MirrorView>(`api/mirrors/${encodeURIComponent(slug)}`, []);
  return (
    <>
      <Pending resource={guide} lines={5} />
      {guide.data && problem && (
        <ol class="steps">
          {guide.data.steps[problem].map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      {guide.data && <AboutMirror guide={guide.data} />}
    </>
  );
}

function AboutMirror({ guide: { shows, sources, warnings } }: { guide: MirrorView }) {
  return (
    <>
      {warnings.length > 0 && (
        <div class="notice guide-warnings">
          {warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </div>
      )}
      <details>
        <summary>{words.guide.more}</summary>
        <p>{shows}</p>
        <p>{words.guide.differs}</p>
        {sources.map((source) => (
          <p key={source} class="muted wrap">
            <Source source={source} />
          </p>
        ))}
      </details>
    </>
  );
}

/** A link where it leads to the web, by the host and what is last in its address; else the words themselves. */
function Source({ source }: { source: string }) {
  const url = URL.canParse(source) ? new URL(source) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return <>{source}</>;
  const last = url.pathname.split('/').filter(Boolean).at(-1) ?? '';
  return (
    <a href={url.href} target="_blank" rel="noreferrer">
      {words.guide.source(url.hostname, last.replace(/%20/g, ' '))}
    </a>
  );
}

/** By what the device's own page offers; the guide is there again when one comes home. */
function NameStage() {
  const devices = useResource<{ devices: DeviceSummary[] }>('api/devices?view=summary', ['devices'], 15_000);
  const things = devices.data?.devices.filter(({ role }) => role === 'device') ?? [];
  const more = things.length - NAMED_HERE;
  return (
    <>
      <h2>{words.guide.nameTitle}</h2>
      <p>{words.guide.nameHint}</p>
      <Pending resource={devices} />
      <ul class="lines">
        {things.slice(0, NAMED_HERE).map(({ address, mac, name, vendor }) => (
          <li key={mac}>
            <a class="line" href={`#/devices/${encodeURIComponent(mac)}`}>
              <span class="line-main">
                <strong>{name}</strong>
                <span class="muted">
                  {[vendor, address].filter((fact) => fact !== null && !name.startsWith(fact)).join(' · ')}
                </span>
              </span>
              <Icon name="next" />
            </a>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="muted">{words.guide.moreDevices(more)}</p>}
    </>
  );
}

function TestStage() {
  return (
    <>
      <h2>{words.guide.testTitle}</h2>
      <p>{words.guide.testHint}</p>
      <TestAlert />
      <p class="muted">{words.guide.testMore}</p>
    </>
  );
}

function DoneStage() {
  return (
    <>
      <h2>{words.guide.doneTitle}</h2>
      <ul class="bullets">
        {words.guide.doneHints.map((hint) => (
          <li key={hint}>{hint}</li>
        ))}
      </ul>
    </>
  );
}
