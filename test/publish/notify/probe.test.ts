// What doctor finds out of a target, and that nobody is told of an alert by it.

import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { probeTarget } from '../../../sensor/publish/notify/probe.ts';
import type { NotifyTarget } from '../../../sensor/publish/notify/shapes.ts';
import { type Authority, makeAuthority } from '../../support/mosquitto.ts';
import { GotifyStandIn, NtfyStandIn, type StandIn, WebhookStandIn } from '../../support/notify-servers.ts';

let authority: Authority;
let servers: { ntfy: NtfyStandIn; gotify: GotifyStandIn; hook: WebhookStandIn; safe: WebhookStandIn };

beforeAll(() => {
  authority = makeAuthority();
});
afterAll(() => rmSync(authority.directory, { recursive: true }));
beforeEach(async () => {
  servers = {
    ntfy: await new NtfyStandIn().start(),
    gotify: await new GotifyStandIn().start(),
    hook: await new WebhookStandIn().start(),
    safe: await new WebhookStandIn(authority.server).start(),
  };
  servers.ntfy.token = 'tk_right';
});
afterEach(async () => {
  for (const server of Object.values(servers)) {
    expect(server.taken).toEqual([]);
    await server.stop();
  }
});

const of = (kind: NotifyTarget['kind'], server: StandIn, over: Partial<NotifyTarget> = {}): NotifyTarget => ({
  ...{ name: 'phone', kind, url: new URL(server.url), topic: 'home', token: 'tk_right', secret: null, least: 'medium' },
  ...{ quiet: null, weekly: true, names: false, ca: null },
  ...over,
});

it('ntfy: a token that is right, one that is wrong, one that may only write', async () => {
  const { ntfy } = servers;
  expect(await probeTarget(of('ntfy', ntfy))).toEqual({
    result: 'ok',
    found: `ntfy at ${ntfy.host} lets this token in to the topic`,
  });
  expect(await probeTarget(of('ntfy', ntfy, { token: 'tk_wrong' }))).toEqual({
    result: 'fail',
    found: `${ntfy.host} does not know the token (notify.phone.token)`,
  });
  ntfy.isWriteOnly = true;
  expect(await probeTarget(of('ntfy', ntfy))).toMatchObject({
    result: 'warn',
    found: expect.stringContaining('test-alert'),
  });
  Object.assign(ntfy, { token: null, isWriteOnly: false });
  expect(await probeTarget(of('ntfy', ntfy, { token: null }))).toMatchObject({ result: 'ok' });
});

it('Gotify: a token that is right and one that is wrong', async () => {
  const { gotify } = servers;
  expect(await probeTarget(of('gotify', gotify, { token: gotify.token }))).toEqual({
    result: 'ok',
    found: `Gotify at ${gotify.host} knows the token`,
  });
  expect(await probeTarget(of('gotify', gotify, { token: 'wrong' }))).toEqual({
    result: 'fail',
    found: `${gotify.host} does not know the token (notify.phone.token)`,
  });
});

it('a webhook: that it can be reached, with a certificate that is trusted, and no more', async () => {
  const { hook, safe } = servers;
  expect(await probeTarget(of('webhook', hook))).toMatchObject({
    result: 'warn',
    found: expect.stringContaining('can be reached'),
  });
  expect(await probeTarget(of('webhook', safe, { ca: authority.ca }))).toMatchObject({ result: 'warn' });
  expect(await probeTarget(of('webhook', safe))).toMatchObject({
    result: 'fail',
    found: expect.stringContaining('known authority'),
  });
  expect([hook.asked, safe.asked]).toEqual([[], []]);
});

it.each(['ntfy', 'gotify', 'webhook'] as const)(
  '%s that is away, that hangs, or that is another server',
  async (kind) => {
    const { hook } = servers;
    await hook.stop();
    expect(await probeTarget(of(kind, hook))).toMatchObject({
      result: 'fail',
      found: expect.stringMatching(/^nothing listens/),
    });
    const silent = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const url = new URL(`${kind === 'webhook' ? 'https' : 'http'}://127.0.0.1:${port}`);
    expect(await probeTarget(of(kind, hook, { url }), 200)).toMatchObject({
      result: 'fail',
      found: expect.stringMatching(/does not answer in time/),
    });
    silent.close();
    if (kind === 'webhook') return;
    const other = kind === 'ntfy' ? servers.gotify : servers.ntfy;
    expect((await probeTarget(of(kind, other))).result).toBe('fail');
  },
);
