// What the fleet gets: to whom it goes, each record in plain words and as it travels, what never leaves the home, how to keep a device
// private and how to leave.
import type { FleetRecordKind, FleetView } from '../../../shapes.ts';
import { bytes } from '../../format.ts';
import { useLive } from '../../live-state.ts';
import { Card, Facts, Pending, Title } from '../../parts/basics.tsx';
import { useResource } from '../../resource.ts';
import { fleetWords } from '../../words/fleet.ts';
import { words } from '../../words.ts';
import { connectionRows } from './connection.tsx';
import { RecordList } from './record-list.tsx';
import '../../style/fleet.css';

const KINDS: readonly FleetRecordKind[] = ['incident', 'coverage', 'usage'];

export function FleetReportView() {
  const fleet = useResource<FleetView>('api/fleet', []);
  const text = fleetWords().list;
  const { data } = fleet;
  return (
    <>
      <Title back={{ path: '/sensor', label: words.nav.sensor }}>{text.title}</Title>
      <Pending resource={fleet} lines={6} />
      {data && (
        <>
          <p class="intro">{text.intro(data.fleet)}</p>
          <Whom fleet={data} />
          <p class="muted count">{text.sum(sumOf(data.counts), bytes(data.octets))}</p>
          {KINDS.map((kind) => (
            <Card key={kind} title={text.kind[kind]}>
              <p class="muted">{text.hint[kind]}</p>
              <RecordList kind={kind} families={data.families} />
            </Card>
          ))}
          <Never />
          <Privates fleet={data} />
          <Leaving />
        </>
      )}
    </>
  );
}

function sumOf(counts: FleetView['counts']): number {
  return KINDS.reduce((sum, kind) => sum + counts[kind], 0);
}

function Whom({ fleet: { fleet, home, hosts } }: { fleet: FleetView }) {
  const text = fleetWords().whom;
  const health = useLive().health?.fleet ?? null;
  return (
    <Card title={text.title}>
      {health?.error && <p class="notice">{health.error}</p>}
      <Facts
        rows={[
          [text.fleet, fleet],
          [
            text.home,
            <span key="home" class="mono">
              {home}
            </span>,
          ],
          [
            text.hosts,
            <ul key="hosts" class="plain">
              {hosts.map((host) => (
                <Host key={host} host={host} />
              ))}
            </ul>,
          ],
          ...(health === null ? [] : connectionRows(health)),
        ]}
      />
      <p class="muted">{text.address}</p>
    </Card>
  );
}

/** Where it does not fit, it is broken before the port. */
function Host({ host }: { host: string }) {
  const [, name, port] = /^(.*)(:\d+)$/.exec(host) ?? [];
  return (
    <li>
      {name ?? host}
      <wbr />
      {port}
    </li>
  );
}

function Never() {
  const text = fleetWords().never;
  return (
    <Card title={text.title}>
      <ul class="bullets">
        {text.list.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Card>
  );
}

function Privates({ fleet: { privates } }: { fleet: FleetView }) {
  const text = fleetWords().privates;
  return (
    <Card title={text.title}>
      {privates.length === 0 ? (
        <p>{text.none}</p>
      ) : (
        <ul class="bullets">
          {privates.map(({ mac, name }) => (
            <li key={mac}>
              <a class="device-link" href={`#/devices/${encodeURIComponent(mac)}`}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      )}
      <p class="muted">{text.how(fleetWords().device.keep)}</p>
      <a class="button" href="#/devices">
        {text.open}
      </a>
    </Card>
  );
}

function Leaving() {
  const text = fleetWords().leave;
  return (
    <Card title={text.title}>
      <p>{text.how}</p>
      <code class="command">thingwatch fleet withdraw</code>
      <p>{text.afterwards}</p>
    </Card>
  );
}
