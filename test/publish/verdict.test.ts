// When "Sending mail" is on, and which devices reach the broker.
import { describe, expect, it } from 'vitest';
import { devicesSendingMail, HOLD_MS, matters, openSeverity, sendingMail } from '../../sensor/publish/verdict.ts';
import type { Incident } from '../../sensor/record/incident.ts';
import { aDevice, anIncident, START } from '../support/small-home.ts';

const MAC = 'a4:cf:12:99:be:ef';
const HOUR = 60 * 60 * 1000;
const verdict = (changes: Partial<Incident>, hoursLater: number): boolean =>
  sendingMail({ mac: MAC }, [anIncident(changes)], START + hoursLater * HOUR, HOLD_MS);

describe('sending mail', () => {
  it('is on from the first mail, and stays on for weeks while nobody deals with it', () => {
    expect(verdict({}, 0)).toBe(true);
    expect(verdict({}, 24 * 21)).toBe(true);
  });

  it.each(['acknowledged', 'expected'] as const)('once %s, goes off when the hold time has been quiet', (state) => {
    expect(verdict({ state }, 1)).toBe(true);
    expect(verdict({ state }, 23.99)).toBe(true);
    expect(verdict({ state }, 24)).toBe(false);
  });

  it('counts the hold time from the last mail', () => {
    expect(verdict({ state: 'acknowledged', lastAt: START + 20 * HOUR }, 30)).toBe(true);
    expect(verdict({ state: 'acknowledged', lastAt: START + 20 * HOUR }, 44)).toBe(false);
  });

  it('goes off at once when a person has reset the device', () =>
    expect(verdict({ state: 'resolved' }, 0)).toBe(false));

  it('is about mail, and about this device', () => {
    expect(verdict({ kind: 'backend_new' }, 0)).toBe(false);
    expect(verdict({ kind: 'mail_lookup' }, 0)).toBe(false);
    expect(verdict({ kind: 'submission_started' }, 0)).toBe(true);
    expect(verdict({ device: 'a4:cf:12:00:00:01' }, 0)).toBe(false);
    expect(verdict({ severity: 'info' }, 0)).toBe(false);
  });

  it('is so when one incident of several says so', () => {
    const incidents = [anIncident({ state: 'resolved' }), anIncident()];
    expect(sendingMail({ mac: MAC }, incidents, START, HOLD_MS)).toBe(true);
  });
});

it('counts the devices that send mail, each once', () => {
  const other = 'a4:cf:12:00:00:01';
  const incidents = [
    anIncident({}),
    anIncident({ kind: 'submission_started' }),
    anIncident({ device: other, state: 'acknowledged' }),
    anIncident({ device: 'a4:cf:12:00:00:02', state: 'resolved' }),
    anIncident({ device: 'a4:cf:12:00:00:03', kind: 'backend_new' }),
  ];
  expect(devicesSendingMail(incidents, START, HOLD_MS)).toBe(2);
  expect(devicesSendingMail(incidents, START + HOLD_MS, HOLD_MS)).toBe(1);
});

it('names the worst severity that nobody has dealt with', () => {
  const incidents = [
    anIncident({ severity: 'critical', state: 'acknowledged' }),
    anIncident({ severity: 'medium' }),
    anIncident({ severity: 'low' }),
  ];
  expect(openSeverity(incidents)).toBe('medium');
  expect(openSeverity([anIncident({ severity: 'info' })])).toBe('info');
  expect(openSeverity([])).toBeNull();
});

it('shows a device once it matters', () => {
  const quiet = aDevice(MAC, 'printer');
  expect(matters(quiet, 'flagged')).toBe(false);
  expect(matters(quiet, 'all')).toBe(true);
  expect(matters({ ...quiet, established: false }, 'all')).toBe(false);
  expect(matters({ ...quiet, established: false, mail: { ...quiet.mail, attempts: 1 } }, 'all')).toBe(false);
  expect(matters({ ...quiet, established: false, incidents: [anIncident()] }, 'flagged')).toBe(true);
  expect(matters({ ...quiet, named: true }, 'flagged')).toBe(true);
  expect(matters({ ...quiet, incidents: [anIncident({ state: 'resolved' })] }, 'flagged')).toBe(true);
  expect(matters({ ...quiet, mail: { ...quiet.mail, attempts: 1 } }, 'flagged')).toBe(true);
});
