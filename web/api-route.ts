// What a route of the API is given and what it may answer with: the shape that api.ts fills and server.ts registers.

import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Words } from '../sensor/language/words.ts';
import type { CommandRunner } from '../sensor/record/commands.ts';
import type { Access } from './access.ts';
import type { Live } from './live.ts';
import type { BrowserStore, FleetReport, PageModel, PhoneDoor, StoredBrowser } from './ports.ts';
import type { HealthAnswer } from './shapes.ts';

export interface ApiContext {
  /** The language of the answer; model and health are told in it. */
  words: Words;
  model: PageModel;
  run: CommandRunner;
  access: Access;
  live: Live;
  browsers: BrowserStore;
  phones: () => PhoneDoor | null;
  fleet: () => FleetReport | null;
  health: () => HealthAnswer;
  /** Base address that a phone can open, as seen from this request. */
  pageUrl: (request: Request) => { url: string; loopbackOnly: boolean };
  setCookie: (request: Request, response: Response, value: string) => void;
}

export interface ApiRoute {
  method: 'get' | 'post' | 'delete';
  path: string;
  /** Answers without pairing. */
  open?: true;
  handle: (context: ApiContext, request: Request, response: Response, browser: StoredBrowser | null) => unknown;
}

/** An answer with a status and words for a person; never repeats untrusted input. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Says which keys are wrong, never what was in them. */
export function parsed<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const known = result.error.issues
    .map((issue) => issue.path.join('.'))
    .filter((path) => /^[a-zA-Z.]{1,40}$/.test(path));
  const where = [...new Set(known)].join(', ');
  throw new ApiFailure(400, 'bad_request', where ? `Not understood: ${where}.` : 'The request was not understood.');
}
