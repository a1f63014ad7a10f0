import type { Labels } from '../../model/labels';
import type { MetricType } from '../../model/series';
import type { EventErrorCode } from '../events/event-error';
import type { Precision } from './timestamp';

/** A sample as a protocol decoded it: the types are right, the content is not yet admitted. */
export interface IncomingSample {
  /** Its place in the body, counted from 0 in the order of sending. */
  readonly index: number;
  readonly name: string;
  readonly value: number;
  /** Epoch ms, a whole number. */
  timestamp: number;
  /** Its own labels and what it inherits. Samples with the same labels share one object where the protocol can. */
  labels: Labels;
  type?: MetricType;
  unit?: string;
}

/** Why a sample was rejected, and what to do about it. */
export const SAMPLE_ERRORS = {
  not_finite: 'value must be a finite number',
  bad_name:
    'name must start with a letter or one of _ : . and hold only letters, digits and _ : . / - (200 at most)',
  bad_label:
    'a label has a name of letters, digits and _ not starting with a digit (64 at most, not __proto__) and a string value without NUL or half a character (256 at most)',
  too_many_labels: 'a series has at most 32 labels, those of the batch included',
  bad_timestamp: 'timestamp must be a whole number in the given precision or an ISO 8601 string with a zone',
  too_old: 'the timestamp lies before what raw samples are kept for',
  in_future: "the timestamp lies more than 10 minutes ahead of the server's clock",
  bad_sample: 'a sample is an object with name and value',
  too_many_series: 'the server keeps no more series (MAX_SERIES); drop a label with many values',
} as const satisfies Record<string, string>;
export type SampleErrorCode = keyof typeof SAMPLE_ERRORS;

export interface SampleError {
  index: number;
  /** Where in the sample: `value`, `labels.host`; empty for the sample as a whole. */
  path: string;
  /** Those of events only where events were sent. */
  code: SampleErrorCode | EventErrorCode;
  message: string;
}

export function sampleError(
  index: number,
  path: string,
  code: SampleErrorCode,
  message?: string,
): SampleError {
  return { index, path, code, message: message ?? SAMPLE_ERRORS[code] };
}

/** What a protocol read from a body, or from a part of one. */
export interface DecodedSamples {
  samples: IncomingSample[];
  /** The ones that could not be read as samples at all. */
  errors: SampleError[];
  /** What whole numbers were read as; ms where it is not said. */
  precision?: Precision;
  /** What the protocol counts, where that is not samples. */
  items?: Items;
}

/** A histogram is one item of a body and several samples, which have its index. */
export interface Items {
  readonly counts: Readonly<Record<ItemKind, number>>;
  kindOf(index: number): ItemKind;
}
export type ItemKind = 'samples' | 'histograms';

/** The result of a write. `accepted` counts those committed now, `duplicates` those of them that were there already. */
export interface WriteResult {
  accepted: number;
  duplicates: number;
  rejected: number;
  errors: SampleError[];
  /** Of a protocol that counts items: how many of each kind were taken. */
  written?: Record<ItemKind, number>;
  /** And how many were not. */
  itemsRejected?: number;
}
