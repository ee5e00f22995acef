// What becomes of incidents and expectations when the clock turns out to have been wrong: they bear the times that they had.
import { moveTimes, type TimeMove } from '../attribute/time-move.ts';
import type { Expectation, Incident } from './incident.ts';

/** Those that were moved. Their ids stay, so that what was told of them stays theirs. */
export function moveIncidents(incidents: Iterable<Incident>, move: TimeMove): Incident[] {
  return [...incidents].filter((incident) => {
    const { resolvedAt, watchUntil } = incident;
    if (!moveTimes(incident, move)) return false;
    // What is watched for some days from then on: the end may lie in the future, which `moveTimes` leaves alone.
    const wasJustResolved = resolvedAt !== incident.resolvedAt;
    if (wasJustResolved && watchUntil !== null) incident.watchUntil = watchUntil + move.by;
    return true;
  });
}

/**
 * Whether any was moved. An end that the clock jumped over is put off by as much, unless it is sure (`isSure`) that the time went by:
 * nobody's mail becomes an alarm because somebody set a clock.
 */
export function moveExpectations(expectations: Iterable<Expectation>, move: TimeMove, isSure: boolean): boolean {
  let isMoved = false;
  for (const expectation of expectations) {
    const { createdAt, until } = expectation;
    if (moveTimes(expectation, move)) isMoved = true;
    if (until === null || until <= move.until) continue;
    const isOfThen = createdAt !== expectation.createdAt;
    if (!isOfThen && (isSure || until > move.until + move.by)) continue;
    expectation.until = until + move.by;
    isMoved = true;
  }
  return isMoved;
}
