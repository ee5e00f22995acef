// Small parts that every view uses: badges, and the loading and error states; what needs no words is in plain.tsx.
import type { Severity } from '../../../sensor/detect/finding.ts';
import type { IncidentState } from '../../../sensor/record/incident.ts';
import type { Resource } from '../resource.ts';
import { words } from '../words.ts';
import { Empty } from './plain.tsx';

export { Card, Empty, Facts, Title, When } from './plain.tsx';

export function SeverityBadge({ severity }: { severity: Severity }) {
  return <span class={`badge severity-${severity}`}>{words.severity[severity]}</span>;
}

export function StateBadge({ state }: { state: IncidentState }) {
  return <span class={`badge state-${state}`}>{words.incidentState[state]}</span>;
}

/** What stands where data is not there (yet); null when it is. */
export function Pending({ resource, lines = 3 }: { resource: Resource<unknown>; lines?: number }) {
  if (resource.data !== null && !resource.error) return null;
  if (resource.missing) return <Empty title={words.state.missing} icon="search" />;
  if (resource.error) {
    return (
      <div class="failure" role="alert">
        <p>{resource.error}</p>
        <button type="button" onClick={resource.reload}>
          {words.state.retry}
        </button>
      </div>
    );
  }
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{words.state.loading}</span>
      {Array.from({ length: lines }, (_, line) => (
        <i key={line} />
      ))}
    </div>
  );
}
