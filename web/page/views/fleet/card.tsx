// The sensor's view says to whom it reports, how that goes, and where to read what is sent.
import type { FleetHealth } from '../../../../sensor/record/health.ts';
import { Card, Facts } from '../../parts/basics.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { connectionRows } from './connection.tsx';

export function FleetCard({ fleet }: { fleet: FleetHealth }) {
  const text = fleetWords().card;
  return (
    <Card title={text.title}>
      <p>{text.reportsTo(fleet.name)}</p>
      {fleet.error !== null && <p class="notice">{fleet.error}</p>}
      <Facts rows={connectionRows(fleet)} />
      <a class="button" href="#/fleet">
        {text.open}
      </a>
    </Card>
  );
}
