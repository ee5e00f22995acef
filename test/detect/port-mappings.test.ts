// A device asks the router to open a port, by each of the three protocols: with all fields, until it is deleted or runs out.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asks, mail, visit } from '../support/name-frames.ts';
import { natPmp, natPmpAddress, natPmpAnswer, pcp, tcpConversation, upnp } from '../support/packet-builder.ts';
import { at, CAMERA, GATEWAY, HOUR, MAIL_SERVER, MINUTE, SECOND, START, Stage } from '../support/stage.ts';

const usual = () => visit(CAMERA, '203.0.113.80', START - MINUTE);

describe('UPnP', () => {
  it.each([false, true])('a mapping with all its fields, its body in a segment of its own: %s', (split) => {
    const stage = new Stage().play(usual(), upnp({}, START, { split }));
    const incident = stage.incident('port_mapping');
    expect(incident).toMatchObject({
      severity: 'low',
      device: CAMERA.mac,
      evidence: {
        mapping: {
          by: 'upnp',
          protocol: 'tcp',
          externalPort: 8080,
          internalPort: 80,
          internalClient: CAMERA.ip,
          lease: 3600,
          description: 'video',
        },
        granted: true,
      },
    });
    expect(incident.summary).toContain(
      `asked the router to open port 8080 (TCP) for port 80 of ${CAMERA.ip}, for 60 minutes, named "video".`,
    );
  });

  it.each([
    [{ external: 23, internal: 23 }, 'high'],
    [{ external: 40_022, internal: 22 }, 'high'],
    [{ external: 5555, internal: 5555 }, 'high'],
    [{ external: 2323, internal: 80 }, 'high'],
    [{ external: 25, internal: 25 }, 'high'],
    [{ external: 3074, internal: 3074, protocol: 'UDP' }, 'low'],
    [{ external: 443, internal: 443 }, 'low'],
  ])('%j is %s', (mapped, severity) => {
    expect(new Stage().play(usual(), upnp(mapped, START)).incident('port_mapping').severity).toBe(severity);
  });

  it('AddAnyPortMapping takes the port that the router gives', () => {
    const answer =
      '<s:Envelope><s:Body><u:AddAnyPortMappingResponse><NewReservedPort>50123</NewReservedPort></u:AddAnyPortMappingResponse></s:Body></s:Envelope>';
    const stage = new Stage().play(usual(), upnp({ action: 'AddAnyPortMapping' }, START, { answer }));
    expect(stage.incident('port_mapping').evidence).toMatchObject({ mapping: { externalPort: 50_123 }, granted: true });
  });

  it('a refusal is told', () => {
    const answer =
      '<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>718</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>';
    const stage = new Stage().play(usual(), upnp({}, START, { answer }));
    expect(stage.incident('port_mapping').evidence).toMatchObject({ refusedWith: 718 });
  });

  it('a deletion closes it without news; the next request is a new one', () => {
    const stage = new Stage().play(usual(), upnp({}, START), upnp({ action: 'DeletePortMapping' }, START + HOUR / 2));
    expect(stage.incident('port_mapping')).toMatchObject({
      state: 'resolved',
      evidence: { closedAt: expect.any(String) },
    });
    expect(stage.alerts.map(({ change }) => change)).toEqual(['opened']);
    stage.play(upnp({}, START + HOUR));
    expect(stage.incidents('port_mapping').map(({ state }) => state)).toEqual(['resolved', 'open']);
  });

  it('renewals are the same mapping; it closes when it runs out', () => {
    const renewals = [0, 1, 2, 3].map((i) => upnp({}, START + (i * HOUR) / 2));
    const stage = new Stage().play(usual(), ...renewals);
    expect(stage.incident('port_mapping')).toMatchObject({ state: 'open', findings: 1 });
    stage.wait(START + 3 * HOUR);
    expect(stage.incident('port_mapping').state).toBe('resolved');
  });

  it('a description is a stranger’s words: cleaned and cut', () => {
    const description = `&lt;script&gt;\u0007${'x'.repeat(200)}`;
    const stage = new Stage().play(usual(), upnp({ description }, START));
    const { mapping } = stage.incident('port_mapping').evidence as { mapping: { description: string } };
    expect(mapping.description.length).toBeLessThanOrEqual(64);
    expect(mapping.description).not.toContain('\u0007');
  });

  it('a hundred mappings of one device are a handful of incidents', () => {
    const many = Array.from({ length: 100 }, (_, i) =>
      upnp({ external: 20_000 + i, internal: 20_000 + i }, START + i * SECOND),
    );
    const stage = new Stage().play(usual(), ...many);
    expect(stage.incidents('port_mapping').length).toBeLessThanOrEqual(9);
    expect(stage.incidents('port_mapping').reduce((sum, { evidence }) => sum + Number(evidence.mappings), 0)).toBe(100);
  });

  it('other SOAP, and web requests between neighbours, are nothing', () => {
    const stage = new Stage().play(
      usual(),
      upnp({ action: 'GetStatusInfo' }, START),
      tcpConversation({
        client: { ...CAMERA, port: 43_000 },
        server: at(GATEWAY, GATEWAY.ip, 80),
        time: START,
        outcome: 'connected',
        dialogue: ['C: GET / HTTP/1.1\r\nHost: router\r\n', 'S: HTTP/1.1 200 OK\r\n'],
      }),
    );
    expect(stage.incidents('port_mapping')).toEqual([]);
  });
});

describe('NAT-PMP and PCP', () => {
  it('NAT-PMP: asked, granted with another port, deleted', () => {
    const stage = new Stage().play(usual(), natPmp(8000, 0, 7200, START), natPmpAnswer(0, 8000, 61_000, START + 10));
    expect(stage.incident('port_mapping').evidence).toMatchObject({
      mapping: { by: 'nat-pmp', protocol: 'tcp', externalPort: 61_000, internalPort: 8000, lease: 7200 },
      granted: true,
    });
    stage.play(natPmp(0, 0, 0, START + MINUTE));
    expect(stage.incident('port_mapping').state).toBe('resolved');
  });

  it('NAT-PMP: refused', () => {
    const stage = new Stage().play(usual(), natPmp(22, 22, 7200, START), natPmpAnswer(2, 22, 0, START + 10));
    expect(stage.incident('port_mapping')).toMatchObject({ severity: 'high', evidence: { refusedWith: 2 } });
  });

  it('the latest answer is what stands: refused, asked again and granted, refused the renewal', () => {
    const asks = (time: number, result: number) => [
      natPmp(8000, 8000, 7200, time),
      natPmpAnswer(result, 8000, 8000, time + 10),
    ];
    const stage = new Stage();
    const answer = () => {
      const { evidence } = stage.incident('port_mapping');
      return Object.fromEntries(Object.entries(evidence).filter(([key]) => /^(?:granted|refusedWith)$/.test(key)));
    };
    stage.play(usual(), asks(START, 4));
    expect(answer()).toStrictEqual({ refusedWith: 4 });
    stage.play(asks(START + MINUTE, 0));
    expect(answer()).toStrictEqual({ granted: true });
    stage.play(asks(START + HOUR, 3));
    expect(answer()).toStrictEqual({ refusedWith: 3 });
  });

  it('PCP: asked, and ended by a lifetime of 0', () => {
    const stage = new Stage().play(usual(), pcp(3074, 3074, 3600, START, 17));
    expect(stage.incident('port_mapping').evidence).toMatchObject({
      mapping: { by: 'pcp', protocol: 'udp', externalPort: 3074, internalPort: 3074, lease: 3600 },
    });
    stage.play(pcp(3074, 3074, 0, START + MINUTE, 17));
    expect(stage.incident('port_mapping').state).toBe('resolved');
  });

  it("tells the home's public address, so that a device that asks a block list about it is known", () => {
    const stage = new Stage().play(
      usual(),
      natPmpAddress('198.51.100.9', START),
      asks(CAMERA, '9.100.51.198.zen.spamhaus.org', 'A', START + SECOND),
    );
    expect(stage.incident('mail_lookup')).toMatchObject({ severity: 'medium', evidence: { ownAddress: 'yes' } });
  });
});

it('a mapping stands in the chain of a later mail incident', () => {
  const stage = new Stage().play(
    usual(),
    upnp({ external: 23, internal: 23 }, START),
    mail(CAMERA, MAIL_SERVER, START + HOUR),
  );
  const { before } = stage.incident('mail_started');
  expect(before.find(({ kind }) => kind === 'port_mapped')?.text).toBe(
    'Asked the router to open port 23 (TCP) for port 23.',
  );
});

it('what is open is known again after a restart', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'thingwatch-mappings-'));
  try {
    const first = new Stage({ stateDir }).play(usual(), natPmp(8000, 8000, 7200, START));
    first.spine.close();
    const second = new Stage({ stateDir }).play(usual(), natPmp(8000, 0, 0, START + HOUR));
    expect(second.incident('port_mapping').state).toBe('resolved');
    second.spine.close();
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});
