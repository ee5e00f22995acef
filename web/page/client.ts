// Asks the sensor's API. Addresses are relative to the page, so a path prefix needs no setting here.
import type { Command } from '../../sensor/record/commands.ts';
import type { ApiError } from '../shapes.ts';
import { spokenLanguage } from './language.ts';
import { words } from './words.ts';

export class ClientError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * `path` without a leading slash: `api/devices`. The sensor answers in the page's language where it can. Throws a ClientError with words for a person;
 * status 0 is "no answer".
 */
export async function ask<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const headers = { 'Accept-Language': spokenLanguage(), ...(body && { 'Content-Type': 'application/json' }) };
  const response = await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) }).catch(() => {
    throw new ClientError(0, words.state.noAnswer);
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  throw new ClientError(response.status, (answer as ApiError | null)?.error?.message ?? words.state.failed);
}

export function command(order: Command): Promise<{ changed: boolean; expectation?: string }> {
  return ask('api/commands', 'POST', order);
}
