// The first view: backends after whose contact mail began in several homes, with what speaks for it and against it.
import { day, shortTime } from '../../../page/format.ts';
import { Empty, Facts, Title } from '../../../page/parts/plain.tsx';
import type { OutbreaksAnswer, OutbreakView } from '../../shapes.ts';
import { useResource } from '../client.ts';
import { Pending, Stale } from '../parts/basics.tsx';
import { noonOf } from '../parts/days.ts';
import { familyName } from '../parts/family.ts';
import { wordFor, words } from '../words.ts';

export function OutbreaksView() {
  const outbreaks = useResource<OutbreaksAnswer>('api/outbreaks');
  return (
    <>
      <Title>{words.outbreaks.title}</Title>
      <Stale resource={outbreaks} />
      {outbreaks.data === null ? <Pending resource={outbreaks} /> : <Outbreaks answer={outbreaks.data} />}
    </>
  );
}

function Outbreaks({ answer }: { answer: OutbreaksAnswer }) {
  const text = words.outbreaks;
  const now = Date.parse(answer.now);
  const open = answer.outbreaks.filter(({ state }) => state === 'open');
  const ended = answer.outbreaks.filter(({ state }) => state === 'ended');
  return (
    <>
      {open.length === 0 && <Empty title={text.none} hint={text.noneHint} />}
      {open.length > 0 && (
        <ul class="cards" aria-label={text.openOnes}>
          {open.map((outbreak) => (
            <OutbreakCard key={outbreak.id} outbreak={outbreak} now={now} />
          ))}
        </ul>
      )}
      {ended.length > 0 && (
        <details>
          <summary>{text.ended(ended.length)}</summary>
          <ul class="cards">
            {ended.map((outbreak) => (
              <OutbreakCard key={outbreak.id} outbreak={outbreak} now={now} />
            ))}
          </ul>
        </details>
      )}
      {answer.outbreaks.length > 0 && <p class="muted">{words.state.fives}</p>}
    </>
  );
}

function OutbreakCard({ outbreak, now }: { outbreak: OutbreakView; now: number }) {
  const text = words.outbreaks;
  const { lift, state } = outbreak;
  const families = outbreak.families.map(familyName);
  return (
    <li class={`card summary outbreak ${state === 'open' ? 'edge-critical' : 'edge-none'}`}>
      <span class="line-badges">
        <span class={`badge ${state === 'open' ? 'severity-critical' : 'state-resolved'}`}>{text.state[state]}</span>
        <span class="badge">{wordFor(words.role, outbreak.role) ?? words.role.unknown}</span>
      </span>
      <h2 class="wrap">{outbreak.backend}</h2>
      <p class="summary-text">{text.sentence(outbreak.mailed, outbreak.exposed)}</p>
      <Facts
        rows={[
          [text.families, families.length === 0 ? text.allThings : families.join(', ')],
          [text.devices, words.told(outbreak.devices)],
          [text.firstSeen, day(noonOf(outbreak.firstSeen))],
          [text.opened, shortTime(outbreak.openedAt, now)],
          [text.changed, shortTime(outbreak.updatedAt, now)],
          [text.lift, text.liftValue(lift.value, lift.low, lift.high)],
          [text.alike, outbreak.alike.length > 0 ? `${outbreak.alike.join(', ')}. ${text.alikeHint}` : null],
          [text.against, <Against key="against" reasons={outbreak.against} />],
        ]}
      />
      {state === 'open' && <p class="notice">{text.advice}</p>}
    </li>
  );
}

function Against({ reasons }: { reasons: OutbreakView['against'] }) {
  if (reasons.length === 0) return <>{words.outbreaks.nothingAgainst}</>;
  return (
    <ul class="bullets">
      {reasons.map(({ homes, what }) => (
        <li key={what}>{words.outbreaks.reason(homes, wordFor(words.outbreaks.reasons, what) ?? what)}</li>
      ))}
    </ul>
  );
}
