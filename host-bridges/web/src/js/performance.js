'use strict';

// `performance`: a clock that starts with the context, as coarse as the sandbox was lent.

const { ArrayPrototypeFilter, ArrayPrototypePush, ArrayPrototypeSlice, defineHidden, String, SymbolToStringTag } = primordials;
const { now, timeOrigin } = host;

// The newest are kept.
const ENTRIES_MAX = 10_000;

let entries = [];

class PerformanceEntry {
  constructor(entryType, name, startTime, duration, detail) {
    this.name = name;
    this.entryType = entryType;
    this.startTime = startTime;
    this.duration = duration;
    this.detail = detail;
  }

  toJSON() {
    return { ...this };
  }
}

function record(entry) {
  if (entries.length >= ENTRIES_MAX) entries = ArrayPrototypeSlice(entries, ENTRIES_MAX / 2);
  ArrayPrototypePush(entries, entry);
  return entry;
}

function without(type, name) {
  entries = ArrayPrototypeFilter(entries, (entry) => (
    entry.entryType !== type || (name !== undefined && entry.name !== name)
  ));
}

function timeOf(mark) {
  if (typeof mark === 'number') return mark;
  for (let i = entries.length - 1; i >= 0; i--) {
    if (entries[i].entryType === 'mark' && entries[i].name === mark) return entries[i].startTime;
  }
  throw load('web/errors').invalidValue('mark', 'the name of a mark', mark);
}

class Performance {
  get timeOrigin() {
    return timeOrigin();
  }

  now() {
    return now();
  }

  mark(name, options) {
    return record(new PerformanceEntry('mark', String(name), options?.startTime ?? now(), 0, options?.detail ?? null));
  }

  measure(name, start, end) {
    const options = typeof start === 'object' && start !== null ? start : { start, end };
    const until = options.end === undefined ? now() : timeOf(options.end);
    const from = options.start === undefined ? 0 : timeOf(options.start);
    return record(new PerformanceEntry('measure', String(name), from, until - from, options.detail ?? null));
  }

  clearMarks(name) {
    without('mark', name);
  }

  clearMeasures(name) {
    without('measure', name);
  }

  getEntries() {
    return ArrayPrototypeSlice(entries);
  }

  getEntriesByName(name, type) {
    return ArrayPrototypeFilter(entries, (entry) => (
      entry.name === name && (type === undefined || entry.entryType === type)
    ));
  }

  getEntriesByType(type) {
    return ArrayPrototypeFilter(entries, (entry) => entry.entryType === type);
  }

  toJSON() {
    return { timeOrigin: timeOrigin() };
  }
}

defineHidden(Performance.prototype, { [SymbolToStringTag]: 'Performance' });

return { Performance, performance: new Performance() };
