import { ProtobufReader, tagOf } from '../protobuf';
import { readPair, valueText } from './attributes';

const RESOURCE_ATTRIBUTE = tagOf(1, 'bytes');
const SCOPE_NAME = tagOf(1, 'bytes');

/** The attributes that these fields are, which have one tag. @throws PulseError `bad_body` */
export function* attributesOf(fields: Buffer): Generator<[string, string]> {
  const reader = new ProtobufReader(fields);
  while (reader.isBefore(fields.length)) {
    reader.tag();
    const [name, value] = readPair(reader, reader.enter(fields.length));
    yield [name, valueText(value)];
  }
}

/** Those of the resources that these fields are. @throws PulseError `bad_body` */
export function* resourceAttributes(fields: Buffer): Generator<[string, string]> {
  const reader = new ProtobufReader(fields);
  while (reader.isBefore(fields.length)) {
    reader.tag();
    const end = reader.enter(fields.length);
    yield* attributesOf(reader.fieldsOf(RESOURCE_ATTRIBUTE, end));
    reader.at = end;
  }
}

/** Of the scopes that these fields are. @throws PulseError `bad_body` */
export function scopeName(fields: Buffer): string {
  const reader = new ProtobufReader(fields);
  let name = '';
  while (reader.isBefore(fields.length)) {
    reader.tag();
    const end = reader.enter(fields.length);
    while (reader.isBefore(end)) {
      const tag = reader.tag();
      if (tag === SCOPE_NAME) name = reader.text(reader.enter(end));
      else reader.skip(tag, end);
    }
  }
  return name;
}
