// The seam behind the engine: takes findings, keeps incidents, puts them on disk before anybody is told, then tells publish
// and web. Orders of people come back in through commands.ts, over the same books.
import type { Device } from '../attribute/device.ts';
import type { TimeMove } from '../attribute/time-move.ts';
import { noteResumed } from '../attribute/timeline.ts';
import type { Mac } from '../decode/packet.ts';
import type { Finding } from '../detect/finding.ts';
import type { Engine } from '../engine.ts';
import { Describer } from './describer.ts';
import { DISTINCT_KEY, DistinctPairs } from './distinct-pairs.ts';
import { withLoss } from './during-loss.ts';
import { LANGUAGE_KEY, MEMORY_KEY, metaOf, parseMemory } from './engine-meta.ts';
import type { IncidentChange } from './events.ts';
import type { EvidenceFrame } from './evidence-ring.ts';
import { EvidenceWatch } from './evidence-watch.ts';
import { ExpectationBook } from './expectation-book.ts';
import { calmedByNote, withKnownName } from './expectation-scope.ts';
import type { Incident } from './incident.ts';
import { IncidentBook } from './incident-book.ts';
import { moveExpectations, moveIncidents } from './move-records.ts';
import { News } from './news.ts';
import type { OutboxMessage } from './outbox.ts';
import { OutbreakWatch } from './outbreak-watch.ts';
import type { RecorderOptions } from './recorder-options.ts';
import { type More, Saver } from './saver.ts';
import { KEEP, Schedule } from './schedule.ts';
import { AT_ONCE, type Extent, type Save, SOON, type Unsaved } from './unsaved.ts';
import { Untold } from './untold.ts';

export class Recorder {
  readonly incidents: IncidentBook;
  readonly expectations = new ExpectationBook();
  readonly evidence = new EvidenceWatch();
  /** Addresses that a person called different things. */
  readonly distinct = new DistinctPairs();
  readonly #options: RecorderOptions;
  readonly describer: Describer;
  #engine: Engine | null = null;
  readonly #saver: Saver;
  readonly outbreaks: OutbreakWatch;
  readonly #untold = new Untold();
  /** What findings were about that an expectation covered: what more is learned of it is expected as well. */
  readonly #covered = new WeakSet<object>();
  readonly #schedule = new Schedule();
  readonly #news: News;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.incidents = new IncidentBook(options.time);
    this.describer = new Describer(options.knowledge, () => this.#engine, options.words);
    this.#news = new News(options);
    this.#saver = new Saver({
      store: options.store,
      describer: this.describer,
      incidents: this.incidents,
      expectations: this.expectations,
      ring: this.evidence.ring,
      engine: () => this.#engine,
      meta: () => (this.#engine === null ? {} : this.#meta(this.#engine)),
      onForgotten: (mac) => options.events.emit('forgotten', mac),
    });
    this.outbreaks = new OutbreakWatch({
      incidents: this.incidents,
      devices: () => this.#engine?.devices ?? null,
      nameOf: (device, mail) => this.describer.mailerName(device, mail),
      found: (finding) => this.finding(finding, null),
      joined: (incident, time, device) => this.changed(incident, 'updated', time, device),
    });
  }

  /** Why changes cannot be stored at present; null when they can. */
  get problem(): string | null {
    return this.#options.store.problem?.error.message ?? null;
  }

  /** What the disk refuses at present, and since when (wall time, ms); null when it takes what is new. */
  get refused(): Saver['refused'] {
    return this.#saver.refused;
  }

  get #isRefused(): boolean {
    return this.#options.store.problem !== null;
  }

  get #unsaved(): Unsaved {
    return this.#saver.unsaved;
  }

  /** Gives back to `engine` what the store remembers. */
  attach(engine: Engine): void {
    const { store } = this.#options;
    this.#engine = engine;
    this.incidents.load(store.loadIncidents());
    this.expectations.load(store.loadExpectations());
    this.distinct.load(store.meta(DISTINCT_KEY));
    this.evidence.ring.load(store.loadEvidence(), (id) => this.incidents.get(id));
    engine.restore(parseMemory(store.meta(MEMORY_KEY)), store.loadDevices(), store.loadMemories());
    this.#unsaved.add(this.describer.retold(this.incidents.values(), store.meta(LANGUAGE_KEY)));
  }

  /** Returns whether it stands: false where a person has called it normal. */
  finding(finding: Finding, device: Device | null): boolean {
    this.outbreaks.passed(finding.time);
    if (device !== null && finding.effect !== 'state') this.#concerns(device);
    const calmed = calmedByNote(finding, device === null ? null : this.#options.knowledge.noteOf(device));
    const isExpected = this.#isExpected(finding, device);
    this.#options.judged?.(calmed, isExpected);
    if (isExpected) return false;
    const applied = this.incidents.apply(
      withLoss(calmed, () => this.#engine?.loss.recent),
      device,
    );
    if (applied === null) return true;
    this.evidence.found(applied.incident, finding);
    if (finding.absorbs !== undefined && device !== null)
      this.#absorb(applied.incident, this.incidents.openOf(device.mac, finding.absorbs), finding.time);
    if (finding.takesOver !== undefined) this.#takeOver(applied.incident, finding.takesOver, finding.time);
    if (finding.withdraws !== undefined) this.#dissolve(applied.incident, new Set(finding.withdraws), finding.time);
    this.changed(applied.incident, applied.change, finding.time, device);
    if (finding.kind === 'mail_started' && (applied.change === 'opened' || applied.change === 'reopened'))
      this.outbreaks.begun(finding.time);
    return true;
  }

  /** Decided when it begins: an answer to what was counted counts, whatever a person has said in between. */
  #isExpected(finding: Finding, device: Device | null): boolean {
    const { about, effect, time } = finding;
    if (effect === 'updates') return about !== undefined && this.#covered.has(about);
    const chain = this.#chain(device);
    const macs = chain.map(({ mac }) => mac);
    // Whose mail is expected may look up where it goes.
    if (finding.kind === 'mail_lookup') return this.expectations.allowsMail(macs, time, finding.inner);
    const expectation =
      this.expectations.covering(finding, macs) ?? this.expectations.covering(withKnownName(finding, chain), macs);
    if (expectation === null) return false;
    expectation.matches++;
    expectation.lastMatch = time;
    this.#unsaved.expectations = true;
    this.#untold.expectations = true;
    if (about !== undefined) this.#covered.add(about);
    return true;
  }

  /** Something about no incident is to be told. */
  test(alerts: readonly OutboxMessage[]): void {
    this.#unsaved.alerts.add(alerts);
    this.#save(AT_ONCE, []);
    this.#options.events.emit('test');
  }

  /** An incident changed: news is stored and told at once, counts with the next flush. */
  changed(incident: Incident, change: IncidentChange, time: number, device: Device | null): void {
    this.#unsaved.incidents.set(incident.id, incident);
    if (change === 'updated') {
      this.#untold.incidents.set(incident.id, incident);
      return;
    }
    if (change === 'resumed' && device !== null) noteResumed(device, incident.id, time);
    this.describer.describe(incident, device);
    const event = { change, incident, time };
    this.#news.add({ event, device, alerts: this.#options.alerts(event, device) });
    // In memory there is nothing to spare.
    if (this.#isRefused || this.#news.isDue(time)) this.#save(AT_ONCE, []);
  }

  /** The frames that showed the absorbed incidents become its own. */
  #absorb(incident: Incident, absorbed: readonly Incident[], time: number): void {
    for (const { id } of absorbed) this.evidence.absorb(incident, id, this.framesOf(id));
    this.withdraw(absorbed, time);
  }

  /** These addresses were made up: what was told of them is part of `incident`, and no device remains of them. */
  #dissolve(incident: Incident, macs: ReadonlySet<Mac>, time: number): void {
    if (macs.size === 0) return;
    this.#takeOver(incident, { macs: [...macs], since: 0 }, time);
    for (const mac of macs) this.#forget(mac);
  }

  #takeOver(incident: Incident, { macs, since }: NonNullable<Finding['takesOver']>, time: number): void {
    const them = new Set(macs);
    const isTheirs = ({ device, startedAt }: Incident) => device !== null && them.has(device) && startedAt >= since;
    this.#absorb(incident, [...this.incidents.values()].filter(isTheirs), time);
  }

  /** These have become part of another incident, which tells of them. */
  withdraw(incidents: readonly Incident[], time: number): void {
    this.incidents.remove(incidents.map(({ id }) => id));
    this.evidence.ring.remove(incidents.map(({ id }) => id));
    this.#news.withdraw(new Set(incidents));
    for (const incident of incidents) {
      this.#unsaved.incidents.delete(incident.id);
      this.#untold.incidents.delete(incident.id);
      this.#unsaved.removedIncidents.add(incident.id);
      this.#options.events.emit('incident', { change: 'absorbed', incident, time });
    }
  }

  /** Something about expectations changed by order of a person. */
  expectationsChanged(removed: string[] = []): void {
    this.#unsaved.expectations = true;
    for (const id of removed) this.#unsaved.removedExpectations.add(id);
    this.#save(AT_ONCE, []);
    this.#options.events.emit('expectations');
  }

  /** A person said which addresses are different things. */
  distinctChanged(): void {
    this.#save(AT_ONCE, [], { meta: this.distinct.meta() });
  }

  deviceForgotten(mac: Mac): void {
    this.evidence.ring.remove(this.incidents.ofDevice(mac).map(({ id }) => id));
    this.#forget(mac);
    this.#save(AT_ONCE, [], { evidence: this.evidence.ring.changes(false) });
  }

  /** A person named it or said what it is: its incidents are told by its new name. */
  deviceChanged(device: Device): void {
    this.#retell((incident) => this.#chain(this.#deviceOf(incident)).includes(device));
    this.#save(AT_ONCE, [device]);
    this.#options.events.emit('device', device);
  }

  /** Others took or gave up the name that these announce. */
  #renamed(devices: ReadonlySet<Device>): void {
    if (devices.size === 0) return;
    this.#retell((incident) => {
      const device = this.#deviceOf(incident);
      return device !== null && devices.has(device);
    });
    for (const device of devices) this.#concerns(device);
  }

  #concerns(device: Device): void {
    this.#unsaved.devices.set(device.mac, device);
    this.#untold.devices.set(device.mac, device);
  }

  #retell(which: (incident: Incident) => boolean): void {
    for (const incident of this.incidents.values())
      if (which(incident)) this.changed(incident, 'updated', incident.lastAt, null);
  }

  /** Stores mail counts and incidents that changed: cheap, meant for about five times a second. Tries again what the disk refused. */
  flushMail(isLast = false): void {
    this.#saver.retry();
    const now = this.#engine?.now ?? 0;
    if (this.#isRefused || this.#news.isDue(now)) this.#save(AT_ONCE, []);
    this.#renamed(new Set(this.#engine?.devices.takeRenamed()));
    if (this.#isRefused) {
      for (const incident of this.#untold.incidents.values())
        this.describer.describe(incident, this.#deviceOf(incident));
    } else {
      const { devices, expectations, incidents } = this.#unsaved;
      const isUrgent = expectations || this.evidence.ring.isUrgent || this.#options.store.outbox.hasGone;
      if (incidents.size + this.#untold.incidents.size + devices.size === 0 && !isUrgent) return;
      if (!isLast && !this.#news.mayCount(now)) return;
      this.#save(SOON, [...devices.values()], { evidence: this.evidence.ring.changes(false) });
    }
    this.#untold.tell(this.#options.events);
  }

  /** Tells of devices that changed, on disk or not: about once a minute. */
  tell(): void {
    for (const device of this.#engine?.devices.takeChanged() ?? []) {
      this.#unsaved.ordinary.set(device.mac, device);
      this.#options.events.emit('device', device);
    }
  }

  /** Stores what is new, now and then everything: about once in ten minutes. */
  flush(): void {
    this.#flush(this.#schedule.take('counts', this.#engine?.now ?? 0) ? 'all' : 'news');
  }

  /** Stores everything that changed: before the end, and for who reads the file. */
  flushAll(): void {
    this.#saver.retry(true);
    this.#flush('all');
  }

  #flush(extent: Extent): void {
    const engine = this.#engine;
    if (engine === null) return;
    this.outbreaks.passed(engine.now);
    for (const mac of engine.devices.takeEvicted()) this.#forget(mac);
    this.flushMail(true);
    this.tell();
    const more = { meta: this.#meta(engine), evidence: this.evidence.ring.changes(true) };
    this.#save({ durable: false, extent }, [...this.#unsaved.ordinary.values()], more);
    this.#prune(engine.now);
  }

  /** The clock was put right, and `engine` has been told: what is kept bears the times that it had, on disk at once and as a whole. */
  moveTime(engine: Engine, move: TimeMove, isSure: boolean): void {
    for (const incident of moveIncidents(this.incidents.values(), move)) {
      this.#unsaved.incidents.set(incident.id, incident);
      this.#untold.incidents.set(incident.id, incident);
    }
    if (moveExpectations(this.expectations.all(), move, isSure)) {
      this.#unsaved.expectations = true;
      this.#untold.expectations = true;
    }
    this.evidence.moveTime(move);
    this.#unsaved.moves.push(move);
    this.#schedule.moveTime(move.by);
    const more = { meta: this.#meta(engine), evidence: this.evidence.ring.changes(true) };
    this.#save({ durable: true, extent: 'all' }, engine.devices.takeChanged(), more);
  }

  #meta(engine: Engine): Record<string, string> {
    return { ...metaOf(engine, this.#options.words.language), ...this.distinct.meta(), ...this.#options.meta?.() };
  }

  /** Kept frames of an incident, oldest first, with those not stored so far. */
  framesOf(incident: string): EvidenceFrame[] {
    if (!this.#isRefused) this.#save(SOON, [], { evidence: this.evidence.ring.changes(true) });
    const frames = [...this.#options.store.framesOf(incident), ...this.evidence.ring.waitingOf(incident)];
    return frames.sort((a, b) => a.seq - b.seq);
  }

  #forget(mac: Mac): void {
    this.#engine?.forgotten(mac);
    this.#unsaved.forgetDevice(mac);
  }

  #deviceOf(incident: Incident): Device | null {
    return incident.device === null ? null : (this.#engine?.devices.get(incident.device) ?? null);
  }

  #chain(device: Device | null): Device[] {
    return device === null ? [] : (this.#engine?.devices.sameThing(device) ?? [device]);
  }

  /** With all news that waits, which is told then: on disk, or in memory where the disk refuses it. */
  #save(how: Save, devices: Device[], more: More = {}): void {
    const news = this.#news.take();
    this.#unsaved.alerts.add(news.flatMap(({ alerts }) => alerts));
    const concerned = [...devices, ...news.flatMap(({ device }) => device ?? [])];
    this.#saver.save({ ...how, durable: how.durable || news.length > 0 }, concerned, more);
    for (const { event } of news) this.#options.events.emit('incident', event);
  }

  #prune(time: number): void {
    if (this.#isRefused || !this.#schedule.take('prune', time)) return;
    const before = this.#options.time.livedSince(time, KEEP);
    const gone = this.#options.store.prune({ before }).incidents ?? this.incidents.closedBefore(before);
    for (const holder of [this.incidents, this.evidence.ring]) holder.remove(gone);
  }
}
