// One line of an incident and one of a device, as the lists and the home view show them.
import type { ReportIncident } from '../../../sensor/record/report.ts';
import type { DeviceSummary } from '../../shapes.ts';
import { shortTime } from '../format.ts';
import { innerAddress, isMailIncident } from '../mail-facts.ts';
import { words } from '../words.ts';
import { SeverityBadge, StateBadge, When } from './basics.tsx';
import { Icon } from './icons.tsx';
import { DayStrip } from './strip.tsx';

export function IncidentLine({
  incident,
  device,
  now,
}: {
  incident: ReportIncident;
  device: DeviceSummary | undefined;
  now: number;
}) {
  const inner = innerAddress(incident);
  const known = incident.device === null ? words.device.home : device ? device.name : incident.device;
  const who = inner === null ? known : words.device.at(inner);
  return (
    <li>
      <a
        class={`line edge-${incident.state === 'open' ? incident.severity : 'none'}`}
        href={`#/incidents/${encodeURIComponent(incident.id)}`}
      >
        <span class="line-main">
          <span class="line-badges">
            <SeverityBadge severity={incident.severity} />
            {incident.state !== 'open' && <StateBadge state={incident.state} />}
          </span>
          <strong>{who}</strong>
          <span class="line-text">{words.kind[incident.kind]}</span>
          <span class="muted">
            {words.incidents.since(shortTime(incident.startedAt, now))}
            {isMailIncident(incident)
              ? ` · ${words.incident.attempts(incident.findings)}`
              : incident.findings > 1 && ` · ${words.incidents.times(incident.findings)}`}
          </span>
        </span>
        <Icon name="next" />
      </a>
    </li>
  );
}

export function DeviceLine({ device, open, now }: { device: DeviceSummary; open: boolean; now: number }) {
  const facts = [device.vendor, device.address].filter((fact) => fact !== null && !device.name.startsWith(fact));
  return (
    <li>
      <a class={`line ${open ? 'edge-high' : 'edge-none'}`} href={`#/devices/${encodeURIComponent(device.mac)}`}>
        <span class="line-main">
          <strong>{device.name}</strong>
          {facts.length > 0 && <span class="line-text">{facts.join(' · ')}</span>}
          <span class="muted">
            {words.devices.lastSeen('')}
            <When time={device.lastSeen} now={now} />
            {device.mailAttempts > 0 && ` · ${words.devices.mails(device.mailAttempts)}`}
            {device.sameAs !== null && ` · ${words.devices.newAddress}`}
            {device.perhapsSameAs !== null && ` · ${words.devices.perhaps(device.perhapsSameAs)}`}
          </span>
          {(open || device.role !== 'device' || device.broadcastOnly) && (
            <span class="line-badges">
              {open && <span class="badge severity-high">{words.devices.openIncident}</span>}
              {device.role !== 'device' && <span class="badge">{words.device.role[device.role]}</span>}
              {device.broadcastOnly && device.role === 'device' && <span class="badge">{words.devices.notJudged}</span>}
            </span>
          )}
          <DayStrip levels={device.strip} />
        </span>
        <Icon name="next" />
      </a>
    </li>
  );
}
