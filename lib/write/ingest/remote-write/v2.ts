import { LIMITS } from '../../../model/limits';
import type { MetricType } from '../../../model/series';
import { Memo } from '../memo';
import { toUnit } from '../names';
import type { ReadSeries } from '../portions';
import { malformed, ProtobufReader, tagOf } from '../protobuf';
import type { DecodedSamples } from '../sample';
import { readRequest } from './request';
import { SeriesReader } from './series';

/** Fields of `Request`, `TimeSeries` and `Metadata` (io/prometheus/write/v2/types.proto). */
const SYMBOL = tagOf(4, 'bytes');
const FIELDS = { timeSeries: tagOf(5, 'bytes'), histogram: tagOf(3, 'bytes') };
const LABEL_REFS = tagOf(1, 'bytes');
const LABEL_REF = tagOf(1, 'varint');
const METADATA = tagOf(5, 'bytes');
const METADATA_TYPE = tagOf(1, 'varint');
const METADATA_UNIT = tagOf(4, 'varint');

/** Of names and values: one label more than a series can have, its metric's name aside; who sends more is refused. */
const MOST_REFS = 2 * (LIMITS.labelsPerSeries + 2);

/** `Metadata.MetricType`: what its samples are, if it is said. Of a histogram or a summary it depends on the name. */
const TYPES: Record<number, MetricType | undefined> = { 1: 'counter', 2: 'gauge' };

/**
 * Series by their labels. Which symbols those are is another matter in each body, so a text has a number of its own,
 * which no other text gets.
 */
const MEMO_BYTES = 32 * 2 ** 20;
const seriesOfTexts = new Memo<ReadSeries>(MEMO_BYTES);
const numberOfText = new Memo<number>(MEMO_BYTES);
let nextNumber = 0;

/**
 * The body of a remote write 2.0, uncompressed. Help and exemplars are passed over.
 *
 * @throws PulseError `bad_body`
 */
export function decodeWriteRequest2(bytes: Buffer): Generator<DecodedSamples> {
  const reader = new ProtobufReader(bytes);
  const symbols = new Symbols(reader, bytes.length);
  return readRequest(reader, FIELDS, (end) => readSeries(reader, end, symbols));
}

/** The texts of a body: each is in it once, and made when it is first asked for. */
class Symbols {
  /** Where each begins and ends. */
  private readonly places: number[] = [];
  private readonly texts: Array<string | undefined> = [];
  private readonly numbers: Array<number | undefined> = [];

  /** Finds all of them and leaves the reader where it was. */
  constructor(
    private readonly reader: ProtobufReader,
    end: number,
  ) {
    const { at } = reader;
    while (reader.isBefore(end)) {
      const tag = reader.tag();
      if (tag === SYMBOL) {
        const to = reader.enter(end);
        this.places.push(reader.at, to);
        reader.at = to;
      } else reader.skip(tag, end);
    }
    reader.at = at;
  }

  /** A short text that these symbols have in common with the same texts of other bodies, and with nothing else. */
  keyOf(refs: readonly number[], unit: number): string {
    const units: number[] = [];
    for (const ref of refs) this.addNumber(units, ref);
    this.addNumber(units, unit);
    return String.fromCharCode.apply(null, units);
  }

  private addNumber(units: number[], symbol: number): void {
    let number = this.numbers[symbol];
    if (number === undefined) {
      const text = this.text(symbol);
      number = numberOfText.get(text) ?? numberOfText.set(text, nextNumber++);
      this.numbers[symbol] = number;
    }
    // In three code units, of 48 bits.
    units.push(number & 0xffff, (number / 2 ** 16) & 0xffff, number / 2 ** 32);
  }

  text(symbol: number): string {
    const known = this.texts[symbol];
    if (known !== undefined) return known;
    const from = this.places[2 * symbol];
    if (from === undefined) throw malformed('a label is a symbol that is not there');
    const { reader } = this;
    const { at } = reader;
    reader.at = from;
    const text = reader.text(this.places[2 * symbol + 1]);
    reader.at = at;
    this.texts[symbol] = text;
    return text;
  }
}

/** Labels and metadata, wherever they are in it. Leaves the reader where it was. */
function readSeries(reader: ProtobufReader, end: number, symbols: Symbols): ReadSeries {
  const { at } = reader;
  const refs: number[] = [];
  let type: MetricType | undefined;
  let unitRef = 0;
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === LABEL_REFS) {
      const to = reader.enter(end);
      while (reader.isBefore(to)) addRef(refs, reader.uint64());
    } else if (tag === LABEL_REF) addRef(refs, reader.uint64());
    else if (tag === METADATA) {
      const metadata = readMetadata(reader, reader.enter(end));
      type = TYPES[metadata.type];
      unitRef = metadata.unit;
    } else reader.skip(tag, end);
  }
  reader.at = at;
  if (refs.length % 2 !== 0) throw malformed('a label has no value');
  const key = symbols.keyOf(refs, unitRef) + (type ?? '');
  return seriesOfTexts.get(key) ?? seriesOfTexts.set(key, toSeries(refs, symbols, unitRef, type));
}

function toSeries(refs: readonly number[], symbols: Symbols, unitRef: number, type?: MetricType): ReadSeries {
  const series = new SeriesReader();
  for (let i = 0; i < refs.length; i += 2)
    if (!series.add(symbols.text(refs[i]), symbols.text(refs[i + 1]))) break;
  return series.read(type, unitRef === 0 ? undefined : toUnit(symbols.text(unitRef)));
}

function addRef(refs: number[], ref: number): void {
  if (refs.length < MOST_REFS) refs.push(ref);
}

function readMetadata(reader: ProtobufReader, end: number): { type: number; unit: number } {
  const metadata = { type: 0, unit: 0 };
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === METADATA_TYPE) metadata.type = reader.uint64();
    else if (tag === METADATA_UNIT) metadata.unit = reader.uint64();
    else reader.skip(tag, end);
  }
  return metadata;
}
